import type { EncodedOutput } from './encoded-output.ts'
import type { RawRecord, Source } from './source.ts'

/** An attempt that failed: nothing it wrote is left. */
export interface FailedAttempt {
  readonly source: Source
  readonly raw: RawRecord
  readonly recordId: string
  readonly reason: unknown
  /** With this one. */
  readonly failures: number
}

/** What becomes of a record whose attempt failed. */
export type Verdict =
  /** It runs again, whole; until it is done nothing enters. */
  | { readonly _tag: 'again'; readonly afterMs: number }
  /** It cannot be decided about: the run ends. */
  | { readonly _tag: 'ends' }
  /** It is done, with `outputs` in place of its own, which fit their topics. */
  | { readonly _tag: 'done'; readonly outputs: readonly EncodedOutput[] }
