import type { Clock } from '../contracts/clock.ts'
import type { Counters } from './counters.ts'
import type { DeadLetterKeyPolicy } from './dead-letter-policy.ts'
import type { Sink } from './encoded-output.ts'
import { countIn, latenessBoundsMs } from './histogram.ts'
import type { LiveTask } from './live-task.ts'
import type { ParkedGauge } from './parked-gauge.ts'
import type { RetryLaterPolicy } from './retry-later.ts'
import { ruleMissingIn } from './retry-mutant.ts'
import type { OrderSetup, RetrySetup } from './retry-setup.ts'
import { atOnce, isRetryTopic, parkedName, retryTopicName } from './retry-topics.ts'
import type { RunSetup } from './run-setup.ts'
import type { TaskStore } from './task-store.ts'

/** The policy that says where keys go that are given up as a whole, where there is one. */
export const closing = (policies: readonly RetryLaterPolicy[]): DeadLetterKeyPolicy | undefined => {
  for (const { exhausted } of policies) if (exhausted !== 'halt' && exhausted._tag === 'DeadLetterKey') return exhausted
  return undefined
}

/** What `task` runs with where its records may come back. */
export const retryOf = (
  { plan, topics, counters, clock }: RunSetup,
  task: LiveTask,
  policies: readonly RetryLaterPolicy[],
): { readonly retry?: RetrySetup } => {
  const names = plan.tiers.map(({ topic }) => topic.name).filter((name) => isRetryTopic(plan.name, name))
  if (names.length === 0) return {}
  const setup = { pipeline: plan.name, sinks: topics.outputs, counters, clock }
  const cameBack = (dueAtMs: number): void => countIn(counters.latenessMs, latenessBoundsMs, clock.now() - dueAtMs)
  return {
    retry: {
      cameBack,
      tiers: new Set(names),
      order: orderOf(setup, { store: task.stores.get(parkedName), gauge: task.parked }, policies),
    },
  }
}

/** How `policies` keep order with what a store holds; not at all without one. */
export const orderOf = (
  { pipeline, sinks, counters, clock }: OrderedRun,
  { store, gauge }: { readonly store: TaskStore | undefined; readonly gauge: ParkedGauge },
  policies: readonly RetryLaterPolicy[],
): OrderSetup | undefined => {
  const now = sinks.get(retryTopicName(pipeline, atOnce))
  if (store === undefined || now === undefined) return undefined
  const closes = closing(policies) !== undefined
  const bounds = boundsOf(policies.filter(({ ordered }) => ordered))
  return { store, gauge, now, closes, ...bounds, counters, missing: ruleMissingIn(policies), nowMs: clock.now }
}

/** What of a run those know that keep order in it. */
export interface OrderedRun {
  readonly pipeline: string
  readonly sinks: ReadonlyMap<string, Sink>
  readonly counters: Counters
  readonly clock: Clock
}

/** The smallest that any policy says. */
const boundsOf = (policies: readonly RetryLaterPolicy[]): Pick<OrderSetup, 'maxParkedPerKey' | 'maxParked'> => ({
  maxParkedPerKey: Math.min(...policies.map(({ maxParkedPerKey }) => maxParkedPerKey)),
  maxParked: Math.min(...policies.map(({ maxParked }) => maxParked)),
})
