import type { Counters } from './counters.ts'
import type { Sink } from './encoded-output.ts'
import type { ParkedGauge } from './parked-gauge.ts'
import type { RetryMutant } from './retry-mutant.ts'
import type { TaskStore } from './task-store.ts'

/** What a task whose records may come back runs with. */
export interface RetrySetup {
  /** The names of its retry topics. */
  readonly tiers: ReadonlySet<string>
  /** Told when what comes back was due, in ms since the epoch. */
  readonly cameBack: (dueAtMs: number) => void
  /** Where keys wait in order; none where they do not. */
  readonly order: OrderSetup | undefined
}

/** What a task runs with that keeps the records of a key in order when one of them is put off. */
export interface OrderSetup {
  /** Holds what waits. */
  readonly store: TaskStore
  /** Knows how much that is. */
  readonly gauge: ParkedGauge
  /** Where tokens go that are due at once. */
  readonly now: Sink
  /** Whether some policy gives up whole keys: where none does any more, those that were are let in again. */
  readonly closes: boolean
  readonly maxParkedPerKey: number
  /** Over all keys: records that wait, and keys of which something is remembered. */
  readonly maxParked: number
  readonly counters: Pick<Counters, 'parked' | 'drained'>
  /** A rule that is left out, for tests. */
  readonly missing: RetryMutant | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number
}
