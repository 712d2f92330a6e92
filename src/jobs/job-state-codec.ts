import * as E from 'fp-ts/lib/Either.js'
import { undecodable } from '../codec/decode-error.ts'
import { ownBytes } from '../codec/own-bytes.ts'
import { utf8 } from '../codec/utf-8.ts'
import type { Codec, DecodeError } from '../contracts/codec.ts'
import type { CommandSource } from '../contracts/delayed.ts'
import type { Answered, JobState } from '../protocol/delay/job-state.ts'
import {
  answerTags,
  askedTag,
  farFiredTag,
  farPendingTag,
  firedTag,
  pendingTag,
  seriesTag,
  tags,
} from './job-state-format.ts'
import { JobStateReader } from './job-state-reader.ts'

/** The state of one id in few bytes: for most that wait it is 18. */
export const jobStateCodec: Codec<JobState> = {
  name: 'job state',
  encode: (state) => {
    at = 0
    fields(state)
    u8(state.answered.length)
    for (const one of state.answered) writeAnswered(one)
    return written()
  },
  decode: (bytes) => (bytes === null ? unreadable : read(bytes)),
}

const fields = (state: JobState): void => {
  switch (state._tag) {
    case 'pending':
      return state.series === undefined ? pending(state.gen, state.dueMs) : series(state, state.series)
    case 'fired':
      return fired(state.gen, state.dueMs, state.untilMs)
    case 'asked':
      u8(askedTag)
      return f64(state.untilMs)
    default:
      u8(tags.indexOf(state._tag))
      f64(state.untilMs)
      return text(state.source === undefined ? '' : sourceText(state.source))
  }
}

const pending = (gen: number, dueMs: number): void => {
  if (isNear(gen) && isNear(dueMs)) return near(pendingTag, gen, dueMs, 0)
  u8(farPendingTag)
  f64(gen)
  f64(dueMs)
}

const series = ({ gen, dueMs }: { readonly gen: number; readonly dueMs: number }, spelled: string): void => {
  u8(seriesTag)
  f64(gen)
  f64(dueMs)
  text(spelled)
}

const fired = (gen: number, dueMs: number, untilMs: number): void => {
  const keptMs = untilMs - dueMs
  if (isNear(gen) && isNear(dueMs) && keptMs >= 0 && keptMs < 2 ** 32) return near(firedTag, gen, dueMs, keptMs)
  u8(farFiredTag)
  f64(gen)
  f64(dueMs)
  f64(untilMs)
}

const isNear = (number: number): boolean => number < 2 ** 48

/** As long for a job that waits as for one that has fired: what becomes of it takes the place that it has. */
const near = (tag: number, gen: number, dueMs: number, keptMs: number): void => {
  u8(tag)
  u48(gen)
  u48(dueMs)
  u32(keptMs)
}

/** The state of an id whose job waits, and of which nothing else is known. */
export const pendingBytes = (gen: number, dueMs: number): Uint8Array => {
  at = 0
  pending(gen, dueMs)
  u8(0)
  return written()
}

/** The same once it has fired. */
export const firedBytes = (gen: number, dueMs: number, untilMs: number): Uint8Array => {
  at = 0
  fired(gen, dueMs, untilMs)
  u8(0)
  return written()
}

const written = (): Uint8Array => {
  const bytes = ownBytes(at)
  for (let i = 0; i < at; i++) bytes[i] = scratch[i] as number
  return bytes
}

const sourceText = ({ topic, partition, offset, timestamp }: CommandSource): string =>
  `${topic}/${partition}/${offset}/${timestamp}`

const unreadable: E.Either<DecodeError, never> = undecodable('job state', ['these bytes are no state of a job'])

// An id, a topic's name and a few answers: what is longer cannot come.
const scratch = new Uint8Array(8 * 1024)
const view = new DataView(scratch.buffer)
let at = 0

const u8 = (value: number): void => {
  scratch[at++] = value
}
const u32 = (value: number): void => {
  view.setUint32(at, value)
  at += 4
}
const u48 = (value: number): void => {
  view.setUint16(at, Math.floor(value / 2 ** 32))
  view.setUint32(at + 2, value % 2 ** 32)
  at += 6
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
    return E.right(new JobStateReader(bytes).state())
  } catch {
    return unreadable
  }
}
