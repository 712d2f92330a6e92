import type { Clock } from '../contracts/clock.ts'

/** So many records in a time, as in `'2000/s'`. */
export type RateText = `${number}/${'s' | 'm' | 'h'}`

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** The unused part of the last moments may be made up for, no more: peak shaving is the point. */
const burstMs = 100

/** `text` in records a millisecond. Throws `RangeError` where it is no rate. */
export const readRate = (text: RateText): number => {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\/([smh])$/.exec(text) ?? []
  if (!(Number(amount) > 0)) throw new RangeError(`rate '${text}' is none: write '2000/s', '600/m' or '10/h'`)
  return Number(amount) / (unitMs[unit] as number)
}

/** How many records may enter, over all tasks of a run: a bucket that fills with time. */
export class Rate {
  readonly #clock: Clock
  readonly #perMs: number
  readonly #capacity: number
  #tokens: number
  #filledAtMs: number

  /** Throws `RangeError` where `text` is no rate. */
  constructor(text: RateText, clock: Clock) {
    this.#clock = clock
    this.#perMs = readRate(text)
    this.#capacity = Math.max(1, this.#perMs * burstMs)
    this.#tokens = this.#capacity
    this.#filledAtMs = clock.elapsed()
  }

  /** How many records may enter now. */
  allowed(): number {
    const now = this.#clock.elapsed()
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#filledAtMs) * this.#perMs)
    this.#filledAtMs = now
    return Math.floor(this.#tokens + 1e-9)
  }

  /** `records` have entered. */
  spend(records: number): void {
    this.#tokens -= records
  }

  /** How long until the next may enter. */
  waitMs(): number {
    return Math.max(1, Math.ceil((1 - this.#tokens) / this.#perMs))
  }
}
