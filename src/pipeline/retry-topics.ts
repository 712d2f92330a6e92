import { bytes } from '../codec/bytes.ts'
import { nullable } from '../codec/nullable.ts'
import type { AnyStore, StoreDeclaration } from '../contracts/store.ts'
import type { Tier } from '../contracts/tier.ts'
import { type AnyTopic, messageBytesDefault, type Topic } from '../contracts/topic.ts'
import { dueAtOf } from '../protocol/retry/headers.ts'
import { changelogName } from '../store/changelog.ts'
import type { RetryLaterPolicy } from './retry-later.ts'

/** The tier of what is due at once: the rest of a key whose drain stopped short, and what comes back from dead letters. */
export const atOnce = 'now'

/** The topic in which records of a pipeline wait that were put off to one tier. */
export const retryTopicName = (pipeline: string, tier: string): string => `${pipeline}--retry-${tier}`

/** What the marks of a record take, beside it. */
const marksBytes = 16 * 1024

/** What a pipeline needs so that its records may come back. */
export interface RetryNeeds {
  /** The one of what is due at once among them; none where nothing comes back. */
  readonly tiers: readonly Tier[]
  /** Where records wait in order, where any do. */
  readonly parked: AnyStore | undefined
}

/**
 * What a pipeline needs for `policies`; and for what it put off before, when it had others: `existing` are the names of the
 * topics that there are. What waits there is still to come back.
 */
export const retryNeeds = (
  { name, topics }: { readonly name: string; readonly topics: readonly AnyTopic[] },
  policies: readonly RetryLaterPolicy[],
  existing: readonly string[],
): RetryNeeds => {
  const before = existing.filter((topic) => isRetryTopic(name, topic))
  const now = policies.flatMap(({ tiers }) => tiers.map((tier) => retryTopicName(name, tier.name)))
  const isOrdered = policies.some(({ ordered }) => ordered) || existing.includes(changelogName(name, parkedName))
  const names = new Set([...now, ...before])
  if (names.size > 0 || isOrdered) names.add(retryTopicName(name, atOnce))
  const largest = Math.max(...topics.map(({ config }) => config['max.message.bytes'] ?? messageBytesDefault))
  const roomBytes = largest + marksBytes
  return {
    tiers: [...names].map((topic) => retryTier(topic, roomBytes)),
    parked: isOrdered ? { ...parkedStore, changelog: { 'max.message.bytes': roomBytes } } : undefined,
  }
}

const field = nullable(bytes)

const retryTier = (name: string, maxBytes: number): Tier => {
  const topic: Topic<Uint8Array | null, Uint8Array | null> = {
    name,
    key: field,
    value: field,
    partitions: 1,
    config: { 'max.message.bytes': maxBytes },
  }
  return { topic, order: 'due', dueAt: ({ headers }) => dueAtOf(headers) }
}

/** The name of the store of records that wait in order. */
export const parkedName = 'parked'

const parkedStore: StoreDeclaration<Uint8Array, Uint8Array> = {
  name: parkedName,
  key: bytes,
  value: bytes,
  isExclusive: true,
}

/** The retry topics among `names`, by the pipeline whose they are. */
export const retryTopicsByPipeline = (names: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const name of names) {
    const [, pipeline] = /^(.+?)--retry-./.exec(name) ?? []
    if (pipeline !== undefined) found.set(pipeline, [...(found.get(pipeline) ?? []), name])
  }
  return found
}

/** Whether a topic of this name is one of the pipeline's own. */
export const isRetryTopic = (pipeline: string, topic: string): boolean => topic.startsWith(retryTopicName(pipeline, ''))
