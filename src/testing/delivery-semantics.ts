import type * as FC from 'fast-check'
import { given, requireTopics } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkCount } from '../codec/option-values.ts'
import type { AnyTopic, KeyOf, ValueOf } from '../contracts/topic.ts'
import type { ClusterOptions } from '../engines/simulated/cluster-options.ts'
import { type FaultName, presets } from '../engines/simulated/faults/fault.ts'
import { faultNames, Nemesis } from '../engines/simulated/faults/nemesis.ts'
import { watchInvariants } from '../engines/simulated/invariants/watch-invariants.ts'
import type { Millrace } from '../millrace/millrace.ts'
import { systemClock, systemSettle } from '../millrace/system.ts'
import { counterexample, DeliveryError, type Found } from './delivery-error.ts'
import { type Expect, type Expectation, type Expected, expectation, type Input } from './expectations.ts'
import { fastCheck } from './fast-check.ts'
import { judge } from './judge.ts'
import { diskWriter } from './report/disk-writer.ts'
import { spaceTimeDiagram } from './report/space-time-diagram.ts'
import type { Outcome, Plan } from './simulation/plan.ts'
import type { arbitraryCase, Case } from './simulation/plan-arbitrary.ts'
import { planOf, replayOf } from './simulation/replay.ts'
import { runPlan } from './simulation/run-plan.ts'
import { sameTwice } from './simulation/same-twice.ts'

/** A preset, or faults by name. */
export type Faults = keyof typeof presets | readonly FaultName[]

/** What to run, under what, and what is expected of it. */
export interface DeliverySemantics<T extends readonly AnyTopic[]> {
  /** Your program. Called anew for each incarnation of its process: nothing survives in closures. */
  readonly app: (millrace: Millrace) => unknown
  /** All topics that take part; they are there before the program starts. */
  readonly topics: T
  /** What is sent, by topic: fast-check arbitraries of records. */
  readonly input: { readonly [X in T[number] as X['name']]?: FC.Arbitrary<Expected<KeyOf<X>, ValueOf<X>>> }
  /** `rough` where nothing is said. */
  readonly faults?: Faults
  readonly expect: (e: Expect<Input<T>>) => Expectation | readonly Expectation[]
  /** How many runs; 100 where nothing is said. */
  readonly runs?: number
  /** How many records are sent to a topic at most; 20 where nothing is said. */
  readonly records?: number
  /** How many instances of the program run side by side at most; 2 where nothing is said. */
  readonly instances?: number
  /** How long input and faults go on, in virtual milliseconds; 5,000 where nothing is said. */
  readonly lengthMs?: number
  readonly cluster?: Partial<ClusterOptions>
  /** Of all that is drawn; another one each time where nothing is said. */
  readonly seed?: number
  /** The line that a failure has printed: makes that run again, and no other. */
  readonly replay?: string
  /** Whether what is found is made smaller, for up to a minute: `true` where nothing is said. */
  readonly shrink?: boolean
  /** A file to draw a failing run in, as a page to be opened in a browser: none where nothing is said. */
  readonly diagram?: string
}

/** What was run without finding anything. */
export interface DeliveryReport {
  readonly runs: number
  readonly steps: number
  readonly virtualMs: number
  /** Which situations the runs came into: see the guide. */
  readonly reached: ReadonlySet<string>
}

const known = [
  'app',
  'topics',
  'input',
  'faults',
  'expect',
  'runs',
  'records',
  'instances',
  'lengthMs',
  'cluster',
  'seed',
  'replay',
  'shrink',
  'diagram',
]
/** How long a failing run is made smaller, in real time. */
const shrinkMs = 50_000

/**
 * Property-tests what your program promises: runs it, unchanged, in a simulated cluster, with faults, many times, each
 * time another way; then heals everything, lets all that is there be worked off, and compares the topics with your model.
 *
 * **Errors** rejects with a {@link DeliveryError} at the first run that breaks a promise: made as small as it will go,
 * with its story and a line to replay it. A `TypeError` for options that make no sense.
 */
export const deliverySemantics = async <const T extends readonly AnyTopic[]>(
  options: DeliverySemantics<T>,
): Promise<DeliveryReport> => {
  const expectations = checkOptions(options)
  const { app, topics, runs = 100, seed, replay, shrink = true, diagram } = options
  const run = (plan: Plan, keepTrace: boolean): Promise<Outcome> =>
    runPlan({
      plan,
      topics,
      app,
      keepTrace,
      settle: systemSettle,
      faults: bringFaults,
      watch: watchInvariants,
      judge: (evidence, atMs) => judge(expectations, topics, evidence, atMs),
    })
  const failed = (plan: Plan, outcome: Outcome, found?: Found): DeliveryError => {
    const replay = replayOf(plan)
    if (diagram !== undefined)
      diskWriter(diagram, spaceTimeDiagram(outcome, { title: 'A promise that was not kept', seed: plan.seed, replay }))
    const given = found === undefined ? {} : { found }
    return new DeliveryError(counterexample({ plan, outcome, replay, diagram, ...given }), outcome, replay)
  }
  if (replay !== undefined) return replayed(planOf(replay), run, failed)
  const { fc, arbitraryCase } = await fastCheck()
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

const bringFaults: Required<Parameters<typeof runPlan>[0]>['faults'] = (cluster, clients, { faults }) => {
  const nemesis = new Nemesis({ cluster, clients, faults })
  return () => nemesis.heal()
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

const rangeOf = ({
  topics,
  input,
  faults = 'rough',
  records = 20,
  instances = 2,
  lengthMs = 5_000,
  cluster = {},
}: DeliverySemantics<readonly AnyTopic[]>): Parameters<typeof arbitraryCase>[0] => ({
  topics,
  input,
  recordsMax: records,
  faults: typeof faults === 'string' ? presets[faults] : faults,
  faultsMax: 6,
  lengthMs,
  instancesMax: instances,
  cluster,
})

const checkOptions = (options: DeliverySemantics<readonly AnyTopic[]>): readonly Expectation[] => {
  const what = 'deliverySemantics(…)'
  refuseUnknownOptions(what, options, known)
  const { app, topics, input, faults, expect, replay, diagram } = options
  if (typeof app !== 'function')
    throw new TypeError(`${what}: app is a function of a connection, and not ${given(app)}`)
  requireTopics(what, topics)
  if (typeof input !== 'object' || input === null)
    throw new TypeError(`${what}: input names what is sent to each topic, and not ${given(input)}`)
  const names = topics.map(({ name }) => name)
  for (const name of Object.keys(input))
    if (!names.includes(name))
      throw new TypeError(`${what}: input names '${name}', which is none of the topics: ${names.join(', ')}`)
  if (faults !== undefined) checkFaults(what, faults)
  if (typeof expect !== 'function')
    throw new TypeError(
      `${what}: expect is a function, and not ${given(expect)}: write expect: (e) => e.exactlyOnce(…)`,
    )
  if (diagram !== undefined && (typeof diagram !== 'string' || diagram === ''))
    throw new TypeError(`${what}: diagram is the path of a file, and not ${given(diagram)}`)
  for (const option of ['runs', 'records', 'instances', 'lengthMs'] as const)
    checkCount(what, option, options[option], 1)
  if (replay !== undefined && typeof replay !== 'string')
    throw new TypeError(`${what}: replay is the line that a failure has printed, and not ${given(replay)}`)
  const expected = [expect(expectation<Input<readonly AnyTopic[]>>())].flat()
  if (expected.length === 0) throw new TypeError(`${what}: expect promises nothing, so that nothing could be found`)
  for (const { out } of expected)
    if (!names.includes(out.name))
      throw new TypeError(
        `${what}: '${out.name}' is expected to hold something, and is none of the topics: ${names.join(', ')}`,
      )
  return expected
}

const checkFaults = (what: string, faults: Faults): void => {
  const names: readonly string[] = faultNames
  if (typeof faults === 'string' && Object.hasOwn(presets, faults)) return
  const unknown = typeof faults === 'string' ? faults : faults.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new TypeError(
      `${what}: there is no fault '${unknown}'. There are the presets ${Object.keys(presets).join(', ')}, and: ${names.join(', ')}`,
    )
}
