import type { JobRules } from '../protocol/delay/job.ts'
import type { JobCounters } from './job-metrics.ts'
import type { JobTiers } from './job-tiers.ts'
import type { OverdueGuard } from './overdue-guard.ts'
import type { TierOrder } from './tier-order.ts'

/** What one mover goes by, whichever way a record takes through it. */
export interface MovingParts {
  readonly rules: JobRules
  readonly tiers: JobTiers
  readonly counters: JobCounters
  readonly guard: OverdueGuard
  readonly order: TierOrder
  /** By how much it lets go too early: 0, but for a planted mistake. */
  readonly earlyMs: number
}
