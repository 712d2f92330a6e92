import type { Clock } from '../contracts/clock.ts'
import type { LateEmission } from './attempt-errors.ts'
import type { Breath } from './breath.ts'
import type { Sink } from './encoded-output.ts'
import type { TaskStore } from './gather.ts'
import type { Notice } from './notice.ts'
import type { Plan } from './plan.ts'
import type { Rate } from './rate.ts'
import type { RetrySetup } from './retry-setup.ts'
import type { FailedAttempt, Verdict } from './verdict.ts'

/** What a task runs with. */
export interface TaskSetup {
  readonly task: number
  readonly plan: Plan
  readonly clock: Clock
  /** Shared by the tasks of a run. */
  readonly breath: Breath
  /** Shared by the tasks of a run. */
  readonly rate?: Rate
  readonly sinks: ReadonlyMap<string, Sink>
  readonly stores: ReadonlyMap<string, TaskStore>
  /** Where records that failed may come back. */
  readonly retry?: RetrySetup
  readonly limits: TaskLimits
  readonly hooks: TaskHooks
}

export interface TaskLimits {
  /** How many keys at once. */
  readonly concurrency: number
  /** What all records together may gather before only the first of them goes on, and what one alone may. */
  readonly outputBytesMax: number
  /** After how long a record that has not completed is named. */
  readonly slowAfterMs: number
  /** After how long it has failed. */
  readonly timeLimitMs: number
}

/** What a task tells, and asks, whoever runs it. Called between records, never from within a user's operator. */
export interface TaskHooks {
  readonly judge: (failed: FailedAttempt) => Verdict
  /** A record has completed. */
  readonly succeeded: (attempts?: number) => void
  /** There is something to take from it. */
  readonly done: () => void
  /** There is less to read than before. */
  readonly hungry: () => void
  readonly notice: (notice: Notice) => void
  readonly late: (error: LateEmission) => void
  /** The task cannot go on: what it reads is damaged, or a hook threw. */
  readonly broken: (error: unknown) => void
}
