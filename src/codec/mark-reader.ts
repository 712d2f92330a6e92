import type { CommandSource } from '../contracts/delayed.ts'
import type { FieldsInPlace } from '../contracts/fields-in-place.ts'
import { type Headers, jobHeader } from './job-headers.ts'
import type { Mark } from './job-mark.ts'
import { allFlags, beginBytes, has, version, whats } from './mark-format.ts'
import { fromUtf8, utf8 } from './utf-8.ts'

/** The mark among `headers`; `undefined` where there is none that can be read: anybody may write to a topic. */
export const markIn = (headers: Headers): MarkReader | undefined => {
  const bytes = headers.get(jobHeader.do)
  if (bytes === undefined) return undefined
  const mark = new MarkReader()
  return mark.read(bytes, 0, bytes.length) ? mark : undefined
}

const none = -1

/** Reads marks where they lie, one after the other, without an object for each. Numbers are -1 where there is none. */
export class MarkReader {
  dueMs: number = none
  afterMs: number = none
  hopMs: number = none
  gen: number = none
  expect: number = none
  isLate = false
  #what = 0
  #flags = 0
  #bytes: Uint8Array = noBytes
  #at = 0
  #end = 0
  #keyAt = 0
  #keyBytes = 0
  #sourceAt = 0
  #commandAt = 0
  #commandBytes = 0
  #seriesAt = 0
  #seriesBytes = 0

  get what(): Mark['what'] {
    return whats[this.#what] as Mark['what']
  }

  /** Whether it says nothing beside when it is due, where it comes from, and what key it is for. */
  get isPlain(): boolean {
    return (this.#flags & ~(has.due | has.after | has.gen | has.key | has.idIsKey | has.source)) === 0
  }

  /** Whether the target's key is the job's id. */
  get idIsKey(): boolean {
    return (this.#flags & has.idIsKey) !== 0
  }

  /** Whether the target's key is in {@link keyBytes}. */
  get hasKey(): boolean {
    return (this.#flags & has.key) !== 0
  }

  get keyAt(): number {
    return this.#keyAt
  }

  get keyBytes(): number {
    return this.#keyBytes
  }

  /** The key of the record in the target, of a job with this `id`. */
  keyOf(id: Uint8Array | null): Uint8Array | null {
    if (this.idIsKey) return id
    return this.hasKey ? this.#view(this.#keyAt, this.#keyBytes) : null
  }

  get source(): CommandSource | undefined {
    if ((this.#flags & has.source) === 0) return undefined
    this.#at = this.#sourceAt
    const topicBytes = this.#number()
    const topic = this.#text(this.#at, topicBytes)
    this.#at += topicBytes
    const [partition, offset, timestamp] = [this.#number(), this.#number(), this.#number() - 1]
    return topic === undefined ? undefined : { topic, partition, offset, timestamp }
  }

  /** How long {@link command} is; -1 where there is none. */
  get commandBytes(): number {
    return (this.#flags & has.command) === 0 ? none : this.#commandBytes
  }

  /** `undefined` where there is none, or it is no text. */
  get command(): string | undefined {
    return (this.#flags & has.command) === 0 ? undefined : this.#text(this.#commandAt, this.#commandBytes)
  }

  /** `undefined` where there is none, or it is no text. */
  get series(): string | undefined {
    return (this.#flags & has.series) === 0 ? undefined : this.#text(this.#seriesAt, this.#seriesBytes)
  }

  /** Reads the mark between `from` and `to`, which are to stay as they are; answers whether it is one. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    const what = bytes[from + 1] as number
    const flags = (bytes[from + 2] as number) | ((bytes[from + 3] as number) << 8)
    if (to - from < beginBytes || bytes[from] !== version || what >= whats.length || flags > allFlags) return false
    this.#bytes = bytes
    this.#what = what
    this.#flags = flags
    this.#at = from + beginBytes
    this.#end = to
    this.dueMs = (flags & has.due) === 0 ? none : this.#number()
    this.afterMs = (flags & has.after) === 0 ? none : this.#number()
    this.hopMs = (flags & has.hop) === 0 ? none : this.#number()
    this.gen = (flags & has.gen) === 0 ? none : this.#number()
    this.expect = (flags & has.expect) === 0 ? none : this.#number()
    this.isLate = (flags & has.late) !== 0
    if ((flags & has.key) !== 0) {
      this.#keyBytes = this.#number()
      this.#keyAt = this.#at
      this.#at += this.#keyBytes
    }
    if ((flags & has.source) !== 0) {
      this.#sourceAt = this.#at
      const topicBytes = this.#number()
      this.#at += topicBytes
      for (let left = 3; left > 0; left--) this.#number()
    }
    if ((flags & has.command) !== 0) {
      this.#commandBytes = this.#number()
      this.#commandAt = this.#at
      this.#at += this.#commandBytes
    }
    if ((flags & has.series) !== 0) {
      this.#seriesBytes = this.#number()
      this.#seriesAt = this.#at
      this.#at += this.#seriesBytes
    }
    return this.#at === to
  }

  /** Reads the mark that is the first header of `record`; answers whether that is one. */
  readFirst({ bytes, headersAt, headerCount }: FieldsInPlace): boolean {
    if (headerCount === 0) return false
    for (let at = 0; at < nameInBatch.length; at++) if (bytes[headersAt + at] !== nameInBatch[at]) return false
    // lengths in batches are zig-zag, and there are none below zero of a header that is ours
    let length = 0
    let at = headersAt + nameInBatch.length
    for (let unit = 0.5; ; unit *= 128) {
      const byte = bytes[at++]
      if (byte === undefined || unit > 2 ** 40) return false
      length += (byte & 0x7f) * unit
      if (byte < 0x80) break
    }
    return Number.isInteger(length) && this.read(bytes, at, at + length)
  }

  /** What it is followed by, once {@link readFirst} has read it. */
  get end(): number {
    return this.#end
  }

  /** Infinity where it does not end in time, or is beyond 2^53: what comes behind it is not where it should be then. */
  #number(): number {
    const bytes = this.#bytes
    let at = this.#at
    let value = 0
    for (let unit = 1; at < this.#end; unit *= 128) {
      const byte = bytes[at++] as number
      value += (byte & 0x7f) * unit
      if (byte < 0x80) {
        this.#at = value <= Number.MAX_SAFE_INTEGER ? at : Number.POSITIVE_INFINITY
        return value
      }
    }
    this.#at = Number.POSITIVE_INFINITY
    return Number.POSITIVE_INFINITY
  }

  #text(at: number, length: number): string | undefined {
    try {
      return fromUtf8(this.#view(at, length))
    } catch {
      return undefined
    }
  }

  /** Not `subarray`: that of a Buffer takes thrice as long. */
  #view(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + at, length)
  }
}

const noBytes = new Uint8Array(0)

/** How a header of that name begins in a batch: how long its name is, zig-zag, and the name. */
const nameInBatch = Uint8Array.of(2 * jobHeader.do.length, ...utf8(jobHeader.do))
