/** What a line is about, so that a reader can choose. */
export type TraceSubject = 'process' | 'leadership' | 'transaction' | 'group' | 'records'

/** What happened, for a person to read; `at` is in virtual milliseconds. Processes go by their names. */
export type TraceEntry =
  | {
      readonly _tag: 'sent'
      readonly at: number
      readonly message: number
      readonly from: string
      readonly to: string
      readonly what: string
      /** What is in it, in short. */
      readonly detail?: string
    }
  | { readonly _tag: 'delivered'; readonly at: number; readonly message: number }
  | { readonly _tag: 'lost'; readonly at: number; readonly message: number; readonly why: string }
  /** Something of one process: `becomes leader of orders-0`. */
  | {
      readonly _tag: 'happened'
      readonly at: number
      readonly process: string
      readonly about: TraceSubject
      readonly what: string
    }
  /** A fault begins, and ends at `until` where it lasts. */
  | {
      readonly _tag: 'fault'
      readonly at: number
      readonly what: string
      readonly processes: readonly string[]
      readonly until?: number
    }
  /** A check has failed. */
  | { readonly _tag: 'violated'; readonly at: number; readonly what: string }

/**
 * What a run did. The hash takes in everything, at next to no cost; entries are kept only where somebody wants to read
 * them, since a run can be made again.
 */
export class Trace {
  readonly #entries: TraceEntry[] | undefined
  readonly #names = new Map<string, number>()
  #high = 0x9e3779b9
  #low = 0x85ebca6b
  #steps = 0

  constructor(keep: boolean) {
    this.#entries = keep ? [] : undefined
  }

  get keeps(): boolean {
    return this.#entries !== undefined
  }

  get entries(): readonly TraceEntry[] {
    return this.#entries ?? []
  }

  /** How many steps were taken in. */
  get steps(): number {
    return this.#steps
  }

  /** Two runs with the same hash took the same steps at the same times. 64 bits, in hexadecimal. */
  get hash(): string {
    const word = (bits: number) => (bits >>> 0).toString(16).padStart(8, '0')
    return word(mix(this.#high, this.#low)) + word(mix(this.#low, this.#high))
  }

  /** Takes a step into the hash: what it was, of whom, when. */
  step(what: string, process: number, at: number): void {
    this.#steps++
    const time = Math.round(at * 1000)
    this.#high = mix(this.#high ^ time, this.#number(what))
    this.#low = mix(this.#low + process, this.#high ^ Math.floor(time / 2 ** 32))
  }

  keep(entry: TraceEntry): void {
    this.#entries?.push(entry)
  }

  #number(name: string): number {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    let hash = 0x811c9dc5
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
    this.#names.set(name, hash)
    return hash
  }
}

const mix = (a: number, b: number): number => {
  let mixed = Math.imul(a ^ (b >>> 15), 0x2c1b3c6d) ^ b
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return mixed ^ (mixed >>> 15)
}
