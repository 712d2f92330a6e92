import type { Subscription } from 'rxjs'
import { refusalSurfaced } from '../contracts/refusal.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import type { Token } from '../protocol/retry/headers.ts'
import { type History, unmarked } from '../protocol/retry/history.ts'
import type { Attempt } from './attempt.ts'
import type { Gather } from './gather.ts'
import type { RawRecord, Source } from './source.ts'

/**
 * - `waiting`: for its turn at its stage
 * - `running`: its stage's operators are at work
 * - `gathered`: waits for the bulk work behind its stage
 * - `in-bulk`: the bulk work has it
 * - `failed`: runs again, from the top, when it is due
 * - `done`: it completed, or was decided about; it leaves when all before it have left
 */
export type EntryState = 'waiting' | 'running' | 'gathered' | 'in-bulk' | 'failed' | 'done'

/** A record by what it is known by, whatever brought it here. */
export interface Known {
  /** Where it was read first: by the codecs of that topic, and under its name. */
  readonly source: Source
  readonly raw: RawRecord
  readonly history: History
}

/**
 * A record that has entered: from its first attempt to the moment when it and all before it are done.
 *
 * Where it lies, and who it is, are two things: a record that comes back from a retry topic is the one that was read first,
 * and a token stands for one that waited.
 */
export class Entry implements RawRecord {
  readonly sequence: number
  /** Where it lies: what moves on once it is done. */
  readonly at: Source
  readonly key: Uint8Array | null
  readonly sizeBytes: number
  // who it is at the moment
  source: Source
  offset: number
  timestamp: number
  value: Uint8Array | null
  headers: ReadonlyMap<string, Uint8Array>
  history: History = unmarked
  /** Who came with it, where that is not what lies there. */
  own: Known | undefined
  /** What it says instead of being a record. */
  token: Token | undefined
  /** It is, for the moment, the first of its key's parked records. */
  isAtHead = false
  /** How many of those it has settled, and since when, by the clock's `elapsed`. */
  settled = 0
  drainsSinceMs = 0
  /** Others wait of its key, and no token was left for them. */
  owesToken = false
  /** Where its partition stands once this is done. */
  readonly nextOffset: number
  /** False for the end of a chunk, which only moves the position. */
  readonly isRecord: boolean

  state: EntryState = 'waiting'
  stage = 0
  /** The stage whose lane it has, or waits for; -1 for none. */
  lane = -1
  gather: Gather | undefined
  attempt: Attempt | undefined
  /** What came out of the stage above, where bulk work follows it. */
  passed: AnyRecord[] | undefined
  subscription: Subscription | undefined
  /** How many attempts at it have failed since it came. */
  failures = 0
  /** By the clock's `elapsed`. */
  startedAtMs = 0
  dueAtMs = 0
  isNamedSlow = false

  hasFailed = false
  reason: unknown

  constructor(sequence: number, source: Source, raw: RawRecord, nextOffset: number, isRecord: boolean) {
    this.sequence = sequence
    this.at = source
    this.source = source
    this.offset = raw.offset
    this.timestamp = raw.timestamp
    this.key = raw.key
    this.value = raw.value
    this.headers = raw.headers
    this.sizeBytes = (raw.key?.length ?? 0) + (raw.value?.length ?? 0)
    this.nextOffset = nextOffset
    this.isRecord = isRecord
  }

  get id(): string {
    return this.source.prefix + this.offset
  }

  /** It is `known` from here on: with the same key. */
  become({ source, raw, history }: Known): void {
    this.source = source
    this.offset = raw.offset
    this.timestamp = raw.timestamp
    this.value = raw.value
    this.headers = raw.headers
    this.history = history
    this.failures = 0
  }

  /** The first reason stands. */
  fail(reason: unknown): void {
    if (this.hasFailed) return
    this.hasFailed = true
    this.reason = reason
    refusalSurfaced(reason)
  }
}
