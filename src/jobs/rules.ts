import { ladderRungs } from '../codec/delayed.ts'
import { type Duration, durationMs } from '../codec/duration.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { JobRules } from '../protocol/delay/job.ts'
import { recurOf } from './series.ts'

const dayMs = 86_400_000

/** How long one waits in each tier, by its name. */
export const tierWaits = (of: AnyDelayed): ReadonlyMap<string, number> =>
  new Map(of.tiers.map((tier) => [tier, durationMs('a tier', tier as Duration)]))

/** How long one waits on each rung of the ladder, by its name. */
export const rungWaits: ReadonlyMap<string, number> = new Map(
  ladderRungs.map((rung) => [rung, durationMs('a rung', rung)]),
)

/** By what rules the jobs of `of` are moved. */
export const rulesOf = (of: AnyDelayed): JobRules => ({
  ladder: {
    rungsMs: [...rungWaits.values()],
    slackMs: Number.POSITIVE_INFINITY,
    tiersMs: new Set(tierWaits(of).values()),
  },
  recur: recurOf,
  keptMs: dayMs,
  aheadMs: dayMs + Math.max(0, ...tierWaits(of).values()),
  askedMs: 600_000,
})
