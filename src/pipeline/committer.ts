import type { Clock } from '../contracts/clock.ts'
import type { Engine, Membership } from '../contracts/engine.ts'
import type { Position } from '../contracts/position.ts'
import type { Counters } from './counters.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { LiveTask, TakenPrefix } from './live-task.ts'
import type { RunTopics } from './run-topics.ts'

/** How done prefixes become durable: a guarantee. */
export interface Committer {
  /**
   * Makes `taken` durable, as far as its tasks are still ours, trying again for as long as that makes sense. Answers where what it
   * wrote ends in each partition. Rejects with `MillraceError` where the run cannot go on.
   */
  readonly commit: (taken: readonly TakenPrefix[]) => Promise<readonly Position[]>
  /** Called with where each partition will stand before its records are handed on, as far as its task is still ours. */
  readonly beforeRecords: (ahead: readonly ReadAhead[]) => Promise<void>
  readonly close: () => Promise<void>
}

/** How far one partition of a task was fetched. */
export interface ReadAhead {
  readonly task: LiveTask
  readonly position: Position
}

export interface CommitterSetup {
  readonly engine: Engine
  readonly group: string
  readonly membership: Membership
  readonly topics: RunTopics
  readonly calls: EngineCalls
  readonly counters: Counters
  readonly clock: Clock
}
