import { fromUtf8 } from '../codec/utf-8.ts'
import type { CommandSource } from '../contracts/delayed.ts'
import type { Answered, JobAnswer, JobState } from '../protocol/delay/job-state.ts'
import { answerTags, firedTag, nearLength, pendingTag, tags } from './job-state-format.ts'

/**
 * How an id stands of which this scheduling has surfaced: it `waits`, and nothing else is known; it is `otherwise`, so that this one
 * counts no more; `undefined` where that takes a closer look.
 */
export const standsOf = (
  state: Uint8Array | undefined,
  gen: number,
  dueMs: number,
): 'waits' | 'otherwise' | undefined => {
  if (state === undefined) return 'otherwise'
  const [tag] = state
  if (tag === pendingTag && state.length === nearLength)
    return u48At(state, 1) === gen && u48At(state, 7) === dueMs ? 'waits' : 'otherwise'
  return tag === firedTag ? 'otherwise' : undefined
}

const u48At = (bytes: Uint8Array, from: number): number =>
  ((bytes[from] as number) * 256 + (bytes[from + 1] as number)) * 2 ** 32 +
  ((bytes[from + 2] as number) * 2 ** 24 +
    (((bytes[from + 3] as number) << 16) | ((bytes[from + 4] as number) << 8) | (bytes[from + 5] as number)))

/** Throws where the bytes end too soon, or are none of ours. */
export class JobStateReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  state(): JobState {
    const tag = tags[this.#u8()]
    switch (tag) {
      case 'pending': {
        const scheduling = this.#scheduling()
        this.#at += 4
        return { _tag: tag, ...scheduling, answered: this.#answered() }
      }
      case 'pending far':
        return { _tag: 'pending', gen: this.#f64(), dueMs: this.#f64(), answered: this.#answered() }
      case 'series':
        return {
          _tag: 'pending',
          gen: this.#f64(),
          dueMs: this.#f64(),
          series: this.#text(),
          answered: this.#answered(),
        }
      case 'fired': {
        const { gen, dueMs } = this.#scheduling()
        return { _tag: tag, gen, dueMs, untilMs: dueMs + this.#u32(), answered: this.#answered() }
      }
      case 'fired far':
        return { _tag: 'fired', gen: this.#f64(), dueMs: this.#f64(), untilMs: this.#f64(), answered: this.#answered() }
      case 'cancelled':
        return { _tag: tag, untilMs: this.#f64(), source: this.#source(), answered: this.#answered() }
      case 'ahead':
        return { _tag: tag, untilMs: this.#f64(), source: orThrow(this.#source()), answered: this.#answered() }
      case 'asked':
        return { _tag: tag, untilMs: this.#f64(), answered: this.#answered() }
      default:
        throw new RangeError('no such tag')
    }
  }

  #answered(): readonly Answered[] {
    return Array.from({ length: this.#u8() }, () => ({ command: this.#text(), answer: this.#answer() }))
  }

  #answer(): JobAnswer {
    const tag = answerTags[this.#u8()]
    switch (tag) {
      case 'scheduled':
        return { _tag: tag, gen: this.#f64(), dueMs: this.#f64(), replaced: this.#u8() === 1 }
      case 'pending':
      case 'already-fired':
        return { _tag: tag, gen: this.#f64(), dueMs: this.#f64() }
      case 'cancelled':
      case 'unknown':
        return { _tag: tag }
      default:
        throw new RangeError('no such answer')
    }
  }

  #source(): CommandSource | undefined {
    const spelled = this.#text()
    return spelled === '' ? undefined : orThrow(readSource(spelled))
  }

  #scheduling(): { readonly gen: number; readonly dueMs: number } {
    return { gen: this.#u48(), dueMs: this.#u48() }
  }

  #u32(): number {
    const value = this.#view.getUint32(this.#at)
    this.#at += 4
    return value
  }

  #u48(): number {
    const value = this.#view.getUint16(this.#at) * 2 ** 32 + this.#view.getUint32(this.#at + 2)
    this.#at += 6
    return value
  }

  #u8(): number {
    const value = this.#view.getUint8(this.#at)
    this.#at += 1
    return value
  }

  #f64(): number {
    const value = this.#view.getFloat64(this.#at)
    this.#at += 8
    return value
  }

  #text(): string {
    const length = this.#view.getUint16(this.#at)
    const from = this.#at + 2
    this.#at = from + length
    if (this.#at > this.#bytes.length) throw new RangeError('too short')
    return fromUtf8(this.#bytes.subarray(from, this.#at))
  }
}

const orThrow = <A>(value: A | undefined): A => {
  if (value === undefined) throw new RangeError('no source')
  return value
}

/** `undefined` for what is none. */
const readSource = (spelled: string): CommandSource | undefined => {
  const [, topic, partition, offset, timestamp] = /^([^/]+)\/(\d+)\/(\d+)\/(-?\d+)$/.exec(spelled) ?? []
  if (topic === undefined) return undefined
  return { topic, partition: Number(partition), offset: Number(offset), timestamp: Number(timestamp) }
}
