import * as E from 'fp-ts/lib/Either.js'
import { undecodable } from '../codec/decode-error.ts'
import { ownBytes } from '../codec/own-bytes.ts'
import { fromUtf8, utf8 } from '../codec/utf-8.ts'
import type { Codec, DecodeError } from '../contracts/codec.ts'
import type { Answered, CommandSource, JobAnswer, JobState } from '../protocol/delay/job-state.ts'

/*
 * state    = tag u8, fields, answered
 * fields   = gen f64, due f64                 pending
 *          | gen f64, due f64, series text    series: pending, and comes again
 *          | gen f64, due f64, until f64      fired
 *          | until f64, source                cancelled, ahead
 *          | until f64                        asked
 * source   = text                             empty where there is none: topic/partition/offset/timestamp
 * answered = count u8, (command text, tag u8, (gen f64, due f64, replaced u8 | gen f64, due f64 | nothing))*
 * text     = length u16, UTF-8
 */
const tags = ['pending', 'fired', 'cancelled', 'ahead', 'asked', 'series'] as const
const answerTags = ['scheduled', 'pending', 'already-fired', 'cancelled', 'unknown'] as const

/** The state of one id in few bytes: for most that wait it is 18. */
export const jobStateCodec: Codec<JobState> = {
  name: 'job state',
  encode: (state) => {
    at = 0
    const series = state._tag === 'pending' ? state.series : undefined
    u8(tags.indexOf(series === undefined ? state._tag : 'series'))
    if (state._tag === 'pending' || state._tag === 'fired') {
      f64(state.gen)
      f64(state.dueMs)
    }
    if (series !== undefined) text(series)
    if ('untilMs' in state) f64(state.untilMs)
    if (state._tag === 'cancelled' || state._tag === 'ahead')
      text(state.source === undefined ? '' : sourceText(state.source))
    u8(state.answered.length)
    for (const one of state.answered) writeAnswered(one)
    return written()
  },
  decode: (bytes) => (bytes === null ? unreadable : read(bytes)),
}

/** The state of an id whose job waits, and of which nothing else is known. */
export const pendingBytes = (gen: number, dueMs: number): Uint8Array => {
  at = 0
  u8(pendingTag)
  f64(gen)
  f64(dueMs)
  u8(0)
  return written()
}

/** The same once it has fired. */
export const firedBytes = (gen: number, dueMs: number, untilMs: number): Uint8Array => {
  at = 0
  u8(firedTag)
  f64(gen)
  f64(dueMs)
  f64(untilMs)
  u8(0)
  return written()
}

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
  if (tag !== pendingTag && tag !== seriesTag) return tag === undefined || tag >= tags.length ? undefined : 'otherwise'
  if (state.length < pendingLength) return undefined
  const fields = new DataView(state.buffer, state.byteOffset, state.byteLength)
  if (fields.getFloat64(1) !== gen || fields.getFloat64(9) !== dueMs) return 'otherwise'
  return tag === pendingTag && state.length === pendingLength ? 'waits' : undefined
}

const pendingTag = tags.indexOf('pending')
const firedTag = tags.indexOf('fired')
const seriesTag = tags.indexOf('series')
const pendingLength = 18

const written = (): Uint8Array => {
  const bytes = ownBytes(at)
  for (let i = 0; i < at; i++) bytes[i] = scratch[i] as number
  return bytes
}

const sourceText = ({ topic, partition, offset, timestamp }: CommandSource): string =>
  `${topic}/${partition}/${offset}/${timestamp}`

/** `undefined` for what is none. */
const readSource = (spelled: string): CommandSource | undefined => {
  const [, topic, partition, offset, timestamp] = /^([^/]+)\/(\d+)\/(\d+)\/(-?\d+)$/.exec(spelled) ?? []
  if (topic === undefined) return undefined
  return { topic, partition: Number(partition), offset: Number(offset), timestamp: Number(timestamp) }
}

const unreadable: E.Either<DecodeError, never> = undecodable('job state', ['these bytes are no state of a job'])

// An id, a topic's name and a few answers: what is longer cannot come.
const scratch = new Uint8Array(8 * 1024)
const view = new DataView(scratch.buffer)
let at = 0

const u8 = (value: number): void => {
  scratch[at++] = value
}
const f64 = (value: number): void => {
  view.setFloat64(at, value)
  at += 8
}
const text = (spelled: string): void => {
  const bytes = utf8(spelled)
  view.setUint16(at, bytes.length)
  scratch.set(bytes, at + 2)
  at += 2 + bytes.length
}

const writeAnswered = ({ command, answer }: Answered): void => {
  text(command)
  u8(answerTags.indexOf(answer._tag))
  if (!('gen' in answer)) return
  f64(answer.gen)
  f64(answer.dueMs)
  if (answer._tag === 'scheduled') u8(answer.replaced ? 1 : 0)
}

const read = (bytes: Uint8Array): E.Either<DecodeError, JobState> => {
  try {
    return E.right(new Reader(bytes).state())
  } catch {
    return unreadable
  }
}

/** Throws where the bytes end too soon, or are none of ours. */
class Reader {
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
      case 'pending':
        return { _tag: tag, gen: this.#f64(), dueMs: this.#f64(), answered: this.#answered() }
      case 'series':
        return {
          _tag: 'pending',
          gen: this.#f64(),
          dueMs: this.#f64(),
          series: this.#text(),
          answered: this.#answered(),
        }
      case 'fired':
        return { _tag: tag, gen: this.#f64(), dueMs: this.#f64(), untilMs: this.#f64(), answered: this.#answered() }
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
