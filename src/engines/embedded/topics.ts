import * as E from 'fp-ts/lib/Either.js'
import { checkedChanges, checkedPartitions, checkedSpec } from '../../codec/checked-topic.ts'
import type { TopicDescription, Topics } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { Position } from '../../contracts/position.ts'
import { notLarger } from '../refusals.ts'
import type { CatalogContent, CatalogTopic } from './catalog.ts'
import type { Lifetime } from './lifetime.ts'
import type { Partitions } from './partitions.ts'
import { configureTopic, createTopic, deleteTopic, growTopic, type TopicChanges } from './topic-changes.ts'
import { Turns } from './turns.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>

export interface TopicsParts extends TopicChanges {
  readonly lifetime: Lifetime
  readonly partitions: Partitions
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
    configure: (name, changes) =>
      inTurn(async () => {
        const topic = owned(name)
        if (topic._tag === 'Left') return topic
        const checked = checkedChanges(topic.right, changes)
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

const internal = (name: string): EngineFailure =>
  engineFailure('invalid-topic', `topic '${name}' is the engine's own: leave it to the engine`)
