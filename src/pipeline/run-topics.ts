import { BatchBuilder } from '../batch/batch-builder.ts'
import type { Engine, TopicDescription } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Tier } from '../contracts/tier.ts'
import { type CompressionName, isCompacted, messageBytesDefault, type TopicConfig } from '../contracts/topic.ts'
import { changelogName, changelogOf } from '../store/changelog.ts'
import type { Sink } from './encoded-output.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { Plan } from './plan.ts'

/** A topic that the run writes to, with what batches for it must keep to. */
export interface OutputTopic extends Sink {
  /** As far as was seen: both may change while the run goes on, see {@link lookAgain}. */
  partitions: number
  recordBytesMax: number
  readonly compression: CompressionName
}

export interface RunTopics {
  /** How many tasks there are, as far as was seen: the partitions of each topic that is read. */
  tasks: number
  /** By name. */
  readonly outputs: ReadonlyMap<string, OutputTopic>
  /** By the store's name. */
  readonly changelogs: ReadonlyMap<string, OutputTopic>
}

/**
 * Finds the topics that a run reads and writes, and creates its changelogs and its tiers.
 *
 * **Errors** rejects with {@link MillraceError}: `unknown-topic` where one does not exist, `invalid-partitions` where
 * those that are read together have different partition counts, or state was kept for another count.
 */
export const findTopics = async (engine: Engine, plan: Plan, calls: EngineCalls): Promise<RunTopics> => {
  const read = plan.topics.map(({ name }) => name)
  const tiers = new Map(plan.tiers.map((tier) => [tier.topic.name, tier]))
  const named = [...read, ...plan.outputs.keys()].filter((name) => !tiers.has(name))
  const described = await describe(engine, calls, [...new Set(named)])
  const missing = named.filter((name) => !described.has(name))
  if (missing.length > 0) throw unknownTopics(plan.name, engine.name, missing)
  const counts = new Map(read.map((name) => [name, described.get(name)?.partitions ?? 0]))
  const tasks = Math.max(...counts.values())
  if ([...counts.values()].some((count) => count !== tasks)) throw unequal(plan.name, counts)
  const outputs = new Map<string, OutputTopic>()
  for (const name of plan.outputs.keys())
    if (!tiers.has(name)) outputs.set(name, outputTopic(described.get(name) as TopicDescription))
  for (const [name, tier] of tiers)
    outputs.set(name, { ...outputTopic(await tierTopic(engine, tier, calls, tasks)), isByTask: true })
  const changelogs = new Map<string, OutputTopic>()
  for (const store of plan.stores.keys()) changelogs.set(store, await changelog(engine, plan, calls, { store, tasks }))
  return { tasks, outputs, changelogs }
}

/**
 * Looks whether topics have changed since: keys go by an output's new count from here on, and records by its new limit.
 *
 * **Errors** rejects with {@link MillraceError} `invalid-partitions` where there is state for fewer tasks. A look that the
 * engine refuses changes nothing.
 */
export const lookAgain = async (engine: Engine, plan: Plan, topics: RunTopics): Promise<void> => {
  const read = plan.topics.map(({ name }) => name)
  const written = [...topics.outputs.values(), ...topics.changelogs.values()]
  const described = await engine.topics.describe([...new Set([...read, ...written.map(({ topic }) => topic)])])()
  if (described._tag === 'Left') return
  const counts = new Map(described.right.map(({ name, partitions }) => [name, partitions]))
  const limits = new Map(described.right.map(({ name, config }) => [name, recordBytesMax(config)]))
  for (const output of written) output.recordBytesMax = limits.get(output.topic) ?? output.recordBytesMax
  for (const [name, output] of topics.outputs) output.partitions = counts.get(name) ?? output.partitions
  topics.tasks = Math.max(topics.tasks, ...read.map((name) => counts.get(name) ?? 0))
  for (const [store, { partitions: known }] of topics.changelogs)
    if (topics.tasks > known) throw grown(plan.name, store, { known, tasks: topics.tasks })
}

const describe = async (
  engine: Engine,
  calls: EngineCalls,
  names: readonly string[],
): Promise<ReadonlyMap<string, TopicDescription>> => {
  const described = await calls.again('describing its topics', () => engine.topics.describe(names))
  return new Map(described.map((topic) => [topic.name, topic]))
}

const changelog = async (
  engine: Engine,
  plan: Plan,
  calls: EngineCalls,
  { store, tasks }: { readonly store: string; readonly tasks: number },
): Promise<OutputTopic> => {
  const { config, ...named } = changelogOf(plan.name, store, tasks)
  const spec = { ...named, config: { ...config, ...plan.stores.get(store)?.changelog } }
  const known = (await describe(engine, calls, [spec.name])).get(spec.name)
  if (known === undefined) {
    const answer = await engine.topics.create(spec)()
    // another instance may have been faster
    if (answer._tag === 'Left' && answer.left.code !== 'topic-exists') throw new MillraceError(answer.left)
    if (answer._tag === 'Left') return changelog(engine, plan, calls, { store, tasks })
    return outputTopic(answer.right)
  }
  if (known.config['cleanup.policy'] !== 'compact') throw notCompacted(plan.name, store, known)
  if (known.partitions !== tasks) throw grown(plan.name, store, { known: known.partitions, tasks })
  return outputTopic(known)
}

/** The topic of `tier`, with a partition for each task. */
const tierTopic = async (engine: Engine, tier: Tier, calls: EngineCalls, tasks: number): Promise<TopicDescription> => {
  const { name, config } = tier.topic
  const known = (await describe(engine, calls, [name])).get(name)
  if (known === undefined) {
    const answer = await engine.topics.create({ name, partitions: tasks, config: { ...tierConfig, ...config } })()
    if (answer._tag === 'Right') return answer.right
    // another instance may have been faster
    if (answer.left.code !== 'topic-exists') throw new MillraceError(answer.left)
    return tierTopic(engine, tier, calls, tasks)
  }
  if (known.partitions >= tasks) return known
  const grown = await engine.topics.grow(name, tasks)()
  if (grown._tag === 'Left' && grown.left.code !== 'invalid-partitions') throw new MillraceError(grown.left)
  return tierTopic(engine, tier, calls, tasks)
}

/** What waits is not to expire; when it was written is not for who wrote it to say. */
const tierConfig: TopicConfig = { 'retention.ms': -1, 'message.timestamp.type': 'LogAppendTime' }

const outputTopic = ({ name, partitions, config }: TopicDescription): OutputTopic => {
  const wanted = config['compression.type']
  const compression = wanted === undefined || wanted === 'producer' ? 'none' : wanted
  void new BatchBuilder({ compression }) // a package that it lacks shows now, and not at the first commit
  return {
    topic: name,
    partitions,
    recordBytesMax: recordBytesMax(config),
    isCompacted: isCompacted(config),
    compression,
  }
}

const recordBytesMax = (config: TopicConfig): number => config['max.message.bytes'] ?? messageBytesDefault

const unknownTopics = (pipeline: string, engine: string, missing: readonly string[]): MillraceError => {
  const names = missing.map((name) => `'${name}'`).join(', ')
  const message = `pipeline '${pipeline}' needs ${missing.length === 1 ? 'topic' : 'topics'} ${names}, which ${engine} does not have: await millrace.create(…) them before the run`
  return new MillraceError(engineFailure('unknown-topic', message))
}

const unequal = (pipeline: string, counts: ReadonlyMap<string, number>): MillraceError => {
  const listed = [...counts].map(([name, count]) => `'${name}' has ${count}`).join(', ')
  const message =
    `pipeline '${pipeline}' reads topics of different partition counts: ${listed}. A task is partition i of all of them, ` +
    'so that one key of theirs meets in one place: create them with equal counts, grow the smaller ones, or read each with a pipeline of its own'
  return new MillraceError(engineFailure('invalid-partitions', message))
}

const grown = (
  pipeline: string,
  store: string,
  { known, tasks }: { readonly known: number; readonly tasks: number },
): MillraceError => {
  const message =
    `pipeline '${pipeline}' has ${tasks} tasks, and the state of its store '${store}' was kept for ${known} (topic '${changelogName(pipeline, store)}'): ` +
    'keys have moved between partitions, and their state has not. Run it under a new name, from the beginning, or copy the input to a topic of the old count'
  return new MillraceError(engineFailure('invalid-partitions', message))
}

const notCompacted = (pipeline: string, store: string, { name, config }: TopicDescription): MillraceError => {
  const message =
    `pipeline '${pipeline}' keeps its store '${store}' in topic '${name}', and the topic of that name has cleanup.policy ` +
    `'${config['cleanup.policy'] ?? 'delete'}', which would drop state: rename the store or the pipeline, or, if the topic is its own, set 'compact' with millrace.configure`
  return new MillraceError(engineFailure('invalid-config', message))
}
