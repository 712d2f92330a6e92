import * as E from 'fp-ts/lib/Either.js'
import type { TopicDescription, TopicSpec, Topics } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { Position, TopicPartition } from '../../contracts/position.ts'
import type { Random } from '../../contracts/random.ts'
import type { TopicConfig } from '../../contracts/topic.ts'
import type { PartitionDefinition } from '../../log/log-options.ts'
import type { Logs } from '../../log/logs.ts'
import { topicIdOf } from '../../log/topic-id.ts'
import type { Catalog, CatalogContent, CatalogTopic } from './catalog.ts'
import type { Lifetime } from './lifetime.ts'
import type { Partitions } from './partitions.ts'
import { checkedConfig, checkedPartitions, checkedSpec } from './topic-rules.ts'
import { Turns } from './turns.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>

export interface TopicsParts {
  readonly lifetime: Lifetime
  readonly catalog: Catalog
  readonly logs: Logs
  readonly partitions: Partitions
  readonly random: Random
  readonly commit: () => Answer<void>
  /** Its partitions came or went. */
  readonly changed: (topic: CatalogTopic) => void
}

/** The topics of a directory: the catalog says which there are, their logs follow it. Changes take turns. */
export const embeddedTopics = (parts: TopicsParts): Topics => {
  const { lifetime, catalog, partitions } = parts
  const turns = new Turns()
  const inTurn = <A>(work: () => Answer<A>) => lifetime.call(() => turns.take(work))
  /** A topic that may be changed. */
  const owned = (name: string): E.Either<EngineFailure, CatalogTopic> =>
    E.chain((topic: CatalogTopic) => (topic.internal ? E.left(internal(name)) : E.right(topic)))(partitions.topic(name))

  return {
    create: (spec) =>
      inTurn(async () => {
        const checked = checkedSpec(spec)
        return checked._tag === 'Left' ? checked : createTopic(parts, checked.right)
      }),
    describe: (names) => lifetime.call(async () => E.right(describeTopics(catalog.content, names))),
    grow: (name, count) =>
      inTurn(async () => {
        const topic = owned(name)
        if (topic._tag === 'Left') return topic
        const checked = checkedPartitions(name, count)
        if (checked._tag === 'Left') return checked
        return count > topic.right.partitions
          ? growTopic(parts, topic.right, count)
          : E.left(notLarger(topic.right, count))
      }),
    configure: (name, config) =>
      inTurn(async () => {
        const topic = owned(name)
        if (topic._tag === 'Left') return topic
        const checked = checkedConfig(name, config)
        return checked._tag === 'Left' ? checked : configureTopic(parts, topic.right, checked.right)
      }),
    delete: (name) =>
      inTurn(async () => {
        const topic = owned(name)
        return topic._tag === 'Left' ? topic : deleteTopic(parts, topic.right)
      }),
    deleteRecords: (before) => lifetime.call(() => deleteRecords(parts, before)),
  }
}

export const describeTopics = (
  { topics }: CatalogContent,
  names: readonly string[] | undefined,
): readonly TopicDescription[] => {
  if (names === undefined) return [...topics].sort((a, b) => (a.name < b.name ? -1 : 1))
  return names.flatMap((name) => topics.find((topic) => topic.name === name) ?? [])
}

/** A new topic as the catalog keeps it; its id is a UUID of version 4, as Kafka writes one: 22 characters of base64. */
export const newTopic = (spec: TopicSpec, random: Random, isInternal: boolean): CatalogTopic => {
  const bytes = random.id()
  // not beginning with a dash, which command lines would take for an option
  bytes[0] = (bytes[0] ?? 0) & 0x7f
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const id = topicIdOf(bytes)
  return { name: spec.name, id, partitions: spec.partitions, config: spec.config, internal: isInternal }
}

/** Its partitions, from `first` on. */
export const partitionsOf = ({ name, partitions }: CatalogTopic, first = 0): readonly TopicPartition[] =>
  Array.from({ length: partitions - first }, (_, index) => ({ topic: name, partition: first + index }))

/** All partitions of `topics`, as the logs are opened with them. */
export const partitionDefinitions = (topics: readonly CatalogTopic[]): readonly PartitionDefinition[] =>
  topics.flatMap((topic) => partitionsOf(topic).map((at) => definitionOf(topic, at)))

const definitionOf = ({ id, config }: CatalogTopic, at: TopicPartition): PartitionDefinition => ({
  ...at,
  topicId: id,
  config,
})

const createTopic = async (parts: TopicsParts, spec: TopicSpec): Answer<TopicDescription> => {
  const { catalog, random } = parts
  if (catalog.content.topics.some(({ name }) => name === spec.name)) return E.left(exists(spec.name))
  const topic = newTopic(spec, random, false)
  const added = await addPartitions(parts, topic, 0, () =>
    catalog.save((content) => ({ ...content, topics: [...content.topics, topic] })),
  )
  if (added._tag === 'Left') return added
  parts.changed(topic)
  return E.right(topic)
}

/**
 * Makes the partitions of `topic` from `first` on, and then `enters` them in the catalog: what is in the catalog is
 * there. Where there is no room for all of it, nothing of it stays.
 */
const addPartitions = async (
  { logs }: TopicsParts,
  topic: CatalogTopic,
  first: number,
  enter: () => Answer<CatalogContent>,
): Answer<void> => {
  const made: TopicPartition[] = []
  const takeBack = <A>(failed: A): A => {
    for (const at of made) logs.remove(at)
    return failed
  }
  for (const at of partitionsOf(topic, first)) {
    const added = await logs.add(definitionOf(topic, at))
    if (added._tag === 'Left') return takeBack(added)
    made.push(at)
  }
  const entered = await enter()
  return entered._tag === 'Left' ? takeBack(entered) : E.right(undefined)
}

const replaced =
  (topic: CatalogTopic) =>
  (content: CatalogContent): CatalogContent => ({
    ...content,
    topics: content.topics.map((other) => (other.id === topic.id ? topic : other)),
  })

const growTopic = async (parts: TopicsParts, topic: CatalogTopic, count: number): Answer<void> => {
  const grown = { ...topic, partitions: count }
  const added = await addPartitions(parts, grown, topic.partitions, () => parts.catalog.save(replaced(grown)))
  if (added._tag === 'Right') parts.changed(grown)
  return added
}

const configureTopic = async (parts: TopicsParts, topic: CatalogTopic, config: TopicConfig): Answer<void> => {
  const configured = { ...topic, config: { ...topic.config, ...config } }
  const saved = await parts.catalog.save(replaced(configured))
  if (saved._tag === 'Left') return saved
  for (const at of partitionsOf(configured)) parts.logs.configure(at, configured.config)
  return E.right(undefined)
}

/** The catalog first, so that a crash on the way leaves directories to sweep and no topic without its records. */
const deleteTopic = async (parts: TopicsParts, topic: CatalogTopic): Answer<void> => {
  const { catalog, logs } = parts
  const gone = await catalog.save((content) => ({
    ...content,
    topics: content.topics.filter(({ id }) => id !== topic.id),
    leaving: [...content.leaving, topic],
  }))
  if (gone._tag === 'Left') return gone
  for (const at of partitionsOf(topic)) {
    const removed = logs.remove(at)
    if (removed._tag === 'Left') return removed
  }
  parts.changed(topic)
  const forgotten = await parts.commit()
  if (forgotten._tag === 'Left') return forgotten
  const swept = await catalog.save((content) => ({
    ...content,
    leaving: content.leaving.filter(({ id }) => id !== topic.id),
  }))
  return swept._tag === 'Left' ? swept : E.right(undefined)
}

const deleteRecords = async (parts: TopicsParts, before: readonly Position[]): Answer<readonly Position[]> => {
  const starts: Position[] = []
  for (const position of before) {
    const log = parts.partitions.findWritable(position)
    if (log._tag === 'Left') return log
    const start = log.right.deleteBefore(position.offset)
    if (start._tag === 'Left') return start
    starts.push({ topic: position.topic, partition: position.partition, offset: start.right })
  }
  const committed = await parts.commit()
  return committed._tag === 'Left' ? committed : E.right(starts)
}

const exists = (name: string): EngineFailure =>
  engineFailure('topic-exists', `there is a topic '${name}' already: take another name, or delete that one first`)

const internal = (name: string): EngineFailure =>
  engineFailure('invalid-topic', `topic '${name}' is the engine's own: leave it to the engine`)

const notLarger = ({ name, partitions }: CatalogTopic, count: number): EngineFailure =>
  engineFailure(
    'invalid-partitions',
    `topic '${name}' has ${partitions} partitions and cannot go to ${count}: records would have nowhere to go; ask for more than ${partitions}`,
  )
