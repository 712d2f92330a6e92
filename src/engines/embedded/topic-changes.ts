import * as E from 'fp-ts/lib/Either.js'
import type { TopicDescription, TopicSpec } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { Random } from '../../contracts/random.ts'
import type { TopicConfig } from '../../contracts/topic.ts'
import type { Logs } from '../../log/logs.ts'
import { topicExists } from '../refusals.ts'
import type { Catalog, CatalogContent, CatalogTopic } from './catalog.ts'
import { definitionOf, newTopic, partitionsOf } from './catalog-topic.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>

export interface TopicChanges {
  readonly catalog: Catalog
  readonly logs: Logs
  readonly random: Random
  readonly commit: () => Answer<void>
  /** Its partitions came or went. */
  readonly changed: (topic: CatalogTopic) => void
}

/** Errors: `topic-exists`, and those of the storage. */
export const createTopic = async (parts: TopicChanges, spec: TopicSpec): Answer<TopicDescription> => {
  const { catalog, random } = parts
  if (catalog.content.topics.some(({ name }) => name === spec.name)) return E.left(topicExists(spec.name))
  const topic = newTopic(spec, random, false)
  const added = await addPartitions(parts, topic, 0)
  if (added._tag === 'Left') return added
  parts.changed(topic)
  return E.right(topic)
}

/**
 * Makes the partitions of `topic` from `first` on. The catalog says beforehand that they may be there, so that a crash
 * leaves nothing that opening does not sweep, and then that they are the topic's: what is in the catalog is there.
 * Where there is no room for all of it, nothing of it stays.
 */
const addPartitions = async ({ catalog, logs }: TopicChanges, topic: CatalogTopic, first: number): Answer<void> => {
  const announced = await catalog.save((content) => ({ ...content, leaving: [...content.leaving, topic] }))
  if (announced._tag === 'Left') return announced
  const definitions = partitionsOf(topic, first).map((at) => definitionOf(topic, at))
  const added = await logs.add(definitions, () => catalog.save((content) => entered(content, topic)))
  if (added._tag === 'Right') return E.right(undefined)
  await catalog.save((content) => withoutLeaving(content, topic))
  return added
}

/** The topic is there with all its partitions, in the place of what it was. */
const entered = (content: CatalogContent, topic: CatalogTopic): CatalogContent => {
  const isNew = !content.topics.some(({ id }) => id === topic.id)
  const { topics, ...rest } = withoutLeaving(content, topic)
  return {
    ...rest,
    topics: isNew ? [...topics, topic] : topics.map((other) => (other.id === topic.id ? topic : other)),
  }
}

/** Nothing of it is there any more beside what the topic has. */
const withoutLeaving = (content: CatalogContent, { id }: CatalogTopic): CatalogContent => ({
  ...content,
  leaving: content.leaving.filter((topic) => topic.id !== id),
})

/** `count` must be larger than what it has. */
export const growTopic = async (parts: TopicChanges, topic: CatalogTopic, count: number): Answer<void> => {
  const grown = { ...topic, partitions: count }
  const added = await addPartitions(parts, grown, topic.partitions)
  if (added._tag === 'Right') parts.changed(grown)
  return added
}

/** `config` is all that it is to have. */
export const configureTopic = async (parts: TopicChanges, topic: CatalogTopic, config: TopicConfig): Answer<void> => {
  const configured = { ...topic, config }
  const saved = await parts.catalog.save((content) => entered(content, configured))
  if (saved._tag === 'Left') return saved
  for (const at of partitionsOf(configured)) parts.logs.configure(at, configured.config)
  return E.right(undefined)
}

/** The catalog first, so that a crash on the way leaves directories to sweep and no topic without its records. */
export const deleteTopic = async (parts: TopicChanges, topic: CatalogTopic): Answer<void> => {
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
  const swept = await catalog.save((content) => withoutLeaving(content, topic))
  return swept._tag === 'Left' ? swept : E.right(undefined)
}
