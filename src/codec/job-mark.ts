import type { CommandSource } from '../contracts/delayed.ts'
import { type Headers, jobHeader } from './job-headers.ts'
import { beginBytes, has, version, whats } from './mark-format.ts'
import { ownBytes } from './own-bytes.ts'
import { sameBytes } from './same-bytes.ts'
import { utf8 } from './utf-8.ts'

/** What a record about a job says of it: a command, or (`wait`) one that waits. Times in milliseconds since the epoch. */
export interface Mark {
  readonly what: (typeof whats)[number]
  /** When the job is due. */
  readonly dueMs?: number | undefined
  /** The same, counted from when the command was written. */
  readonly afterMs?: number | undefined
  /** Until when it waits on a rung of the ladder. */
  readonly hopMs?: number | undefined
  /** Which scheduling of an id it is. */
  readonly gen?: number | undefined
  /** The scheduling that a command is about: where another one waits by now, it does nothing. */
  readonly expect?: number | undefined
  /** The key of the record in the target, where it has one. */
  readonly key?: Uint8Array | null | undefined
  readonly source?: CommandSource | undefined
  /** The id of a command whose sender wants an answer. */
  readonly command?: string | undefined
  /** How it comes again: what is done with missed times, the time zone, and cron's fields. */
  readonly series?: string | undefined
  /** It has waited behind what was due before it once already. */
  readonly isLate?: boolean | undefined
}

/** The headers of a record about the job `id`: its mark, and `others`. */
export const markHeaders = (
  mark: Mark,
  id: Uint8Array | null,
  others: Headers = noHeaders,
): Map<string, Uint8Array> => {
  const room = markRoom(mark)
  if (scratch.length < room) scratch = new Uint8Array(room)
  const length = writeMark(scratch, 0, mark, id)
  const bytes = ownBytes(length)
  for (let at = 0; at < length; at++) bytes[at] = scratch[at] as number
  const headers = new Map([[jobHeader.do as string, bytes]])
  for (const [name, value] of others) headers.set(name, value)
  return headers
}

const noHeaders: Headers = new Map()

let scratch = new Uint8Array(1024)

/** Not less than `mark` takes. */
export const markRoom = ({ key, source, command, series }: Mark): number =>
  fixedRoom + (key?.length ?? 0) + 3 * ((source?.topic.length ?? 0) + (command?.length ?? 0) + (series?.length ?? 0))

/** Eight numbers, the lengths of four texts, and what it begins with. */
const fixedRoom = 128

/** Writes `mark` of the job `id` at `from`, and answers where it ends; there has to be {@link markRoom}. */
export const writeMark = (into: Uint8Array, from: number, mark: Mark, id: Uint8Array | null): number => {
  const { dueMs, afterMs, hopMs, gen, expect, key, source, command, series } = mark
  let flags = 0
  let at = from + beginBytes
  if (dueMs !== undefined) {
    flags |= has.due
    at = writeNumber(into, at, dueMs)
  }
  if (afterMs !== undefined) {
    flags |= has.after
    at = writeNumber(into, at, afterMs)
  }
  if (hopMs !== undefined) {
    flags |= has.hop
    at = writeNumber(into, at, hopMs)
  }
  if (gen !== undefined) {
    flags |= has.gen
    at = writeNumber(into, at, gen)
  }
  if (expect !== undefined) {
    flags |= has.expect
    at = writeNumber(into, at, expect)
  }
  if (key !== undefined && key !== null) {
    if (id !== null && sameBytes(key, id)) flags |= has.idIsKey
    else {
      flags |= has.key
      at = writeBytes(into, at, key)
    }
  }
  if (source !== undefined) {
    flags |= has.source
    at = writeBytes(into, at, bytesOfTopic(source.topic))
    at = writeNumber(into, at, source.partition)
    at = writeNumber(into, at, source.offset)
    at = writeNumber(into, at, source.timestamp + 1)
  }
  if (command !== undefined) {
    flags |= has.command
    at = writeBytes(into, at, utf8(command))
  }
  if (series !== undefined) {
    flags |= has.series
    at = writeBytes(into, at, utf8(series))
  }
  if (mark.isLate === true) flags |= has.late
  into[from] = version
  into[from + 1] = whats.indexOf(mark.what)
  into[from + 2] = flags
  into[from + 3] = flags >> 8
  return at
}

const writeNumber = (into: Uint8Array, from: number, value: number): number => {
  let at = from
  let rest = value
  while (rest >= 2 ** 31) {
    into[at++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  while (rest > 0x7f) {
    into[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  into[at++] = rest
  return at
}

const writeBytes = (into: Uint8Array, from: number, bytes: Uint8Array): number => {
  const { length } = bytes
  const at = writeNumber(into, from, length)
  if (length > copiedByHandMax) into.set(bytes, at)
  else for (let i = 0; i < length; i++) into[at + i] = bytes[i] as number
  return at + length
}

/** Up to here a loop is cheaper than a call. */
const copiedByHandMax = 32

/** A pipeline has few topics, and many records of one in a row. */
const bytesOfTopic = (topic: string): Uint8Array => {
  if (topic !== lastTopic.name) lastTopic = { name: topic, bytes: utf8(topic) }
  return lastTopic.bytes
}

let lastTopic = { name: '', bytes: utf8('') }
