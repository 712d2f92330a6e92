import type { Either } from 'fp-ts/lib/Either.js'
import type { EngineFailure } from '../../../contracts/failure.ts'
import type { InternalProducer, InternalRecord } from '../../internal-batch.ts'

/** A record of the log as a coordinator reads it at the beginning; the end of a transaction where `commit` is there. */
export type Replayed =
  | (InternalRecord & { readonly _tag: 'record'; readonly offset: number; readonly producerId: number })
  | { readonly _tag: 'end'; readonly producerId: number; readonly commit: boolean }

/** A partition of one of the cluster's own topics, as its leader's coordinator uses it. */
export interface LedLog {
  /** With which leadership began; later coordinators have higher ones. */
  readonly leaderEpoch: number
  /** Everything that is there, in order: a leader's own log is what will be committed. */
  readonly replay: (visit: (replayed: Replayed) => void) => void
  /**
   * Writes one batch, in `producer`'s transaction where one is given, and answers the first record's offset. `settled` is
   * called once, after this has returned: without a failure when all replicas in sync have it, else with why that may never come.
   */
  readonly append: (
    records: readonly InternalRecord[],
    producer: InternalProducer,
    settled: (failure: EngineFailure | undefined) => void,
  ) => Either<EngineFailure, number>
}
