import type { AnyTopic } from '../contracts/topic.ts'
import { systemClock, systemSettle } from '../millrace/system.ts'
import { checkReplayed, faultsOf, planOn, stageOf } from './delivery-engine.ts'
import { counterexample, DeliveryError, type Found } from './delivery-error.ts'
import { checkDelivery, type DeliverySemantics } from './delivery-options.ts'
import { fastCheck } from './fast-check.ts'
import { judge } from './judge.ts'
import { judgeMidway } from './midway/judge-midway.ts'
import { diskWriter } from './report/disk-writer.ts'
import { spaceTimeDiagram } from './report/space-time-diagram.ts'
import type { Outcome, Plan } from './simulation/plan.ts'
import type { arbitraryCase, Case } from './simulation/plan-arbitrary.ts'
import { planOf, replayOf } from './simulation/replay.ts'
import { runPlan } from './simulation/run-plan.ts'
import { sameTwice } from './simulation/same-twice.ts'

/** What was run without finding anything. */
export interface DeliveryReport {
  readonly runs: number
  readonly steps: number
  readonly virtualMs: number
  /** Which situations the runs came into: see the guide. */
  readonly reached: ReadonlySet<string>
}

/** How long a failing run is made smaller, in real time. */
const shrinkMs = 50_000

/**
 * Property-tests what your program promises: runs it, unchanged, in a simulated cluster or over the embedded engine on a
 * virtual disk, with faults, many times, each time another way; then heals everything, lets all that is there be worked off, and compares the topics with your model.
 *
 * **Errors** rejects with a {@link DeliveryError} at the first run that breaks a promise: made as small as it will go,
 * with its story and a line to replay it. A `TypeError` for options that make no sense.
 */
export const deliverySemantics = async <const T extends readonly AnyTopic[]>(
  options: DeliverySemantics<T>,
): Promise<DeliveryReport> => {
  const expectations = checkDelivery(options)
  const { app, topics, runs = 100, seed, replay, shrink = true, diagram } = options
  const run = (plan: Plan, keepTrace: boolean): Promise<Outcome> =>
    runPlan({
      plan,
      topics,
      app,
      keepTrace,
      settle: systemSettle,
      stage: stageOf(plan, topics),
      judge: (evidence, atMs) => judge(expectations, topics, evidence, atMs),
      judgeMidway: (midway) => judgeMidway(expectations, topics, midway),
    })
  const failed = (plan: Plan, outcome: Outcome, found?: Found): DeliveryError => {
    const replay = replayOf(plan)
    if (diagram !== undefined)
      diskWriter(diagram, spaceTimeDiagram(outcome, { title: 'A promise that was not kept', seed: plan.seed, replay }))
    const given = found === undefined ? {} : { found }
    return new DeliveryError(counterexample({ plan, outcome, replay, diagram, ...given }), outcome, replay)
  }
  if (replay !== undefined) {
    const plan = planOf(replay)
    checkReplayed('deliverySemantics(…)', plan, options)
    return replayed(plan, run, failed)
  }
  const { fc, arbitraryCase } = await fastCheck('deliverySemantics(…)')
  const report = { runs: 0, steps: 0, virtualMs: 0, reached: new Set<string>() }
  let shrinksUntil: number | undefined
  const property = fc.asyncProperty(arbitraryCase(rangeOf(options)), async (one: Case) => {
    // it is small enough: what is left to be tried counts as good
    if (shrinksUntil !== undefined && systemClock.elapsed() > shrinksUntil) return true
    const again = (keepTrace: boolean) => run(one.plan, keepTrace)
    // one of them is enough to see whether the program can be held to a plan
    const outcome = report.runs === 0 ? await sameTwice(again) : await again(false)
    one.chosen = outcome.tape
    report.runs++
    report.steps += outcome.steps
    report.virtualMs += outcome.virtualMs
    for (const goal of outcome.reached) report.reached.add(goal)
    if (outcome.violations.length === 0) return true
    shrinksUntil ??= systemClock.elapsed() + shrinkMs
    return false
  })
  const details = await fc.check(property, {
    numRuns: runs,
    endOnFailure: !shrink,
    ...(seed === undefined ? {} : { seed }),
  })
  if (!details.failed) return report
  const [smallest] = details.counterexample ?? []
  // whatever fast-check or the harness itself threw
  if (smallest === undefined || details.errorInstance instanceof TypeError) throw details.errorInstance
  const plan = smallest.chosen === undefined ? smallest.plan : { ...smallest.plan, tape: smallest.chosen }
  const outcome = await run(plan, true)
  const found = { run: details.numRuns, of: runs, seed: details.seed, shrunk: details.numShrinks }
  throw failed(plan, outcome, found)
}

const replayed = async (
  plan: Plan,
  run: (plan: Plan, keepTrace: boolean) => Promise<Outcome>,
  failed: (plan: Plan, outcome: Outcome) => DeliveryError,
): Promise<DeliveryReport> => {
  const outcome = await run(plan, true)
  const { steps, virtualMs, reached } = outcome
  if (outcome.violations.length === 0) return { runs: 1, steps, virtualMs, reached }
  throw failed(plan, outcome)
}

const rangeOf = (options: DeliverySemantics<readonly AnyTopic[]>): Parameters<typeof arbitraryCase>[0] => {
  const { topics, input, records = 20, lengthMs = 5_000 } = options
  return { topics, input, recordsMax: records, faults: faultsOf(options), lengthMs, on: planOn(options) }
}
