import type { AnyRecord } from '../../contracts/stream-record.ts'
import type { AnyTopic } from '../../contracts/topic.ts'
import type { Change } from '../../engines/simulated/invariants/committed-changes.ts'
import { differences, type Leeway, tally } from '../counted.ts'
import type { CountedExpectation, Expectation, Expected } from '../expectations.ts'
import type { Violation } from '../simulation/plan.ts'
import { Contents } from './contents.ts'
import { type Route, type RouteParts, routeOf } from './route.ts'

/** What happened in a run, as it came to count. */
export interface Midway extends RouteParts {
  /** Of which there are records that are not the program's. */
  readonly fed: ReadonlySet<string>
}

/** How many moments of a run are looked at for one expectation, at most: spread over all. */
const momentsMax = 100

/**
 * What of `expectations` did not hold in the midst of a run: at each moment at which something came to count, what is in
 * a topic is compared with the model of what the committed offsets say was read.
 *
 * Of each pipeline it is asked what its guarantee promises at any time: that nothing of what was read is missing (not at
 * most once), and that nothing is there of what was not (not at least once). The first moment at which that is not so
 * is told of each expectation. A model that throws, of what is not everything, is not asked any further.
 */
export const judgeMidway = (
  expectations: readonly Expectation[],
  topics: readonly AnyTopic[],
  midway: Midway,
): readonly Violation[] =>
  expectations.flatMap((expectation) => {
    if (!isMeant(expectation)) return []
    const { out, _tag: kind } = expectation
    const judged = judgedBy(expectation, topics, midway)
    if (judged === undefined) return []
    const found = firstDifference(expectation, topics, midway, judged)
    if (found === undefined) return []
    const { atMs, progress, lines } = found
    const where = `${kind}('${out.name}') does not hold in the midst of the run, where ${progress}:`
    return [{ kind, atMs, message: [where, ...lines, wayOut].join('\n  ') }]
  })

const wayOut = '(a model that is only right of the whole input says so: { throughout: false })'

const isMeant = (expectation: Expectation): expectation is CountedExpectation =>
  'throughout' in expectation && expectation.throughout

interface Judged {
  readonly route: Route
  readonly leeway: Leeway
}

/** How an expectation can be judged at any moment, if it can. */
const judgedBy = (
  { _tag, out, model }: CountedExpectation,
  topics: readonly AnyTopic[],
  midway: Midway,
): Judged | undefined => {
  const contents = new Contents(topics)
  for (const { changes } of midway.moments) for (const change of changes) contents.apply(change)
  const asked = ask(model, topics, (topic) => contents.all(topic))
  if (asked === undefined || midway.fed.has(out.name)) return undefined
  // what retention takes away is not missing
  if (topics.some(({ name, config }) => (name === out.name || asked.reads.has(name)) && Object.keys(config).length > 0))
    return undefined
  const route = routeOf(out.name, asked.reads, midway)
  if (route === undefined) return undefined
  const mayMiss = _tag === 'atMostOnce' || !route.isComplete
  const mayAdd = _tag === 'atLeastOnce' || _tag === 'noLoss' || !route.isExact
  return mayMiss && mayAdd ? undefined : { route, leeway: { mayMiss, mayRepeat: mayAdd, mayAdd } }
}

interface Difference {
  readonly atMs: number
  readonly progress: string
  readonly lines: readonly string[]
}

const firstDifference = (
  { out, model }: CountedExpectation,
  topics: readonly AnyTopic[],
  { moments }: Midway,
  { route, leeway }: Judged,
): Difference | undefined => {
  const concerns = (change: Change): boolean =>
    change._tag === 'records' ? change.topic === out.name : route.groups.get(change.topic) === change.group
  const contents = new Contents(topics)
  const concerned = moments.filter(({ changes }) => changes.some(concerns)).length
  const every = Math.ceil(concerned / momentsMax)
  let passed = 0
  for (const { atMs, changes } of moments) {
    for (const change of changes) contents.apply(change)
    if (!changes.some(concerns) || passed++ % every !== 0) continue
    const asked = ask(model, topics, (topic) => {
      const group = route.groups.get(topic)
      return group === undefined ? [] : contents.before(topic, (at) => contents.committed(group, at))
    })
    if (asked === undefined || [...asked.reads].some((topic) => !route.groups.has(topic))) continue
    const lines = differences(tally(out, contents.all(out.name)), tally(out, asked.expected), leeway)
    if (lines.length === 0) continue
    const progress = [...route.groups].map(([topic, group]) => progressText(contents, group, topic)).join(' and ')
    return { atMs, progress, lines }
  }
  return undefined
}

const progressText = (contents: Contents, group: string, topic: string): string =>
  `group '${group}' has committed ${contents.progress(group, topic) || 'nothing'}`

interface Asked {
  readonly expected: readonly Expected<unknown, unknown>[]
  /** The topics that the model has looked at. */
  readonly reads: ReadonlySet<string>
}

const ask = (
  model: CountedExpectation['model'],
  topics: readonly AnyTopic[],
  recordsOf: (topic: string) => readonly AnyRecord[],
): Asked | undefined => {
  const reads = new Set<string>()
  const input = {}
  for (const { name } of topics)
    Object.defineProperty(input, name, {
      enumerable: true,
      get: () => {
        reads.add(name)
        return recordsOf(name)
      },
    })
  try {
    return { expected: model(input), reads }
  } catch {
    return undefined
  }
}
