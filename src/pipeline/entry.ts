import type { Subscription } from 'rxjs'
import { refusalSurfaced } from '../contracts/refusal.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
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

/** A record that has entered: from its first attempt to the moment when it and all before it are done. */
export class Entry implements RawRecord {
  readonly sequence: number
  readonly source: Source
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
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
  /** How many attempts have failed. */
  failures = 0
  /** By the clock's `elapsed`. */
  startedAtMs = 0
  dueAtMs = 0
  isNamedSlow = false

  hasFailed = false
  reason: unknown

  constructor(sequence: number, source: Source, raw: RawRecord, nextOffset: number, isRecord: boolean) {
    this.sequence = sequence
    this.source = source
    this.offset = raw.offset
    this.timestamp = raw.timestamp
    this.key = raw.key
    this.value = raw.value
    this.headers = raw.headers
    this.nextOffset = nextOffset
    this.isRecord = isRecord
  }

  get id(): string {
    return this.source.prefix + this.offset
  }

  /** The first reason stands. */
  fail(reason: unknown): void {
    if (this.hasFailed) return
    this.hasFailed = true
    this.reason = reason
    refusalSurfaced(reason)
  }
}
