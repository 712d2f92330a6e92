import type { History } from '../protocol/retry/history.ts'
import type { EncodedOutput, Sink } from './encoded-output.ts'
import type { RawRecord, Source } from './source.ts'

/** An attempt that failed: nothing it wrote is left. */
export interface FailedAttempt {
  readonly source: Source
  readonly raw: RawRecord
  readonly recordId: string
  readonly reason: unknown
  /** Since it came, with this one. */
  readonly failures: number
  /** What happened to it before it came. */
  readonly history: History
  /** When its next try is due, in ms since the epoch, where it has no room to wait for it elsewhere. */
  readonly dueAtMs?: number | undefined
}

/** What becomes of a record whose attempt failed. */
export type Verdict =
  /** It runs again, whole; until it is done nothing enters. */
  | { readonly _tag: 'again'; readonly afterMs: number }
  /** It cannot be decided about: the run ends. */
  | { readonly _tag: 'ends' }
  /** It is done, with `outputs` in place of its own, which fit their topics. */
  | { readonly _tag: 'done'; readonly outputs: readonly EncodedOutput[] }
  /** The same, and its key is given up with it, where there is room to remember that: `closed` is told then. */
  | { readonly _tag: 'closes'; readonly outputs: readonly EncodedOutput[]; readonly closed: () => void }
  | Parks

/** It waits in order, first of its key, where there is room: `parked` is told then. */
export interface Parks extends ParksUntil {
  readonly parked: () => void
}

/** Until when a record waits in order, and with what. */
export interface ParksUntil {
  readonly _tag: 'parks'
  readonly dueAtMs: number
  /** Where its token waits. */
  readonly tier: Sink
  /** With this failure. */
  readonly history: History
  readonly error: string
}
