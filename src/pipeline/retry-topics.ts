import { bytes } from '../codec/bytes.ts'
import { nullable } from '../codec/nullable.ts'
import type { StoreDeclaration } from '../contracts/store.ts'
import type { Tier } from '../contracts/tier.ts'
import { type AnyTopic, messageBytesDefault, type Topic } from '../contracts/topic.ts'
import { dueAtOf } from '../protocol/retry/headers.ts'
import type { RetryLaterPolicy } from './retry-later.ts'

/** The tier of what is due at once: the rest of a key whose drain stopped short, and what comes back from dead letters. */
export const atOnce = 'now'

/** The topic in which records of a pipeline wait that were put off to one tier. */
export const retryTopicName = (pipeline: string, tier: string): string => `${pipeline}--retry-${tier}`

/** What the marks of a record take, beside it. */
const marksBytes = 16 * 1024

/** The tiers of a pipeline with these policies, the one of what is due at once among them; none without a policy. */
export const retryTiers = (
  pipeline: string,
  topics: readonly AnyTopic[],
  policies: readonly RetryLaterPolicy[],
): readonly Tier[] => {
  if (policies.length === 0) return []
  const names = new Set([atOnce, ...policies.flatMap(({ tiers }) => tiers.map(({ name }) => name))])
  const roomBytes = Math.max(...topics.map(({ config }) => config['max.message.bytes'] ?? messageBytesDefault))
  return [...names].map((name) => retryTier(retryTopicName(pipeline, name), roomBytes + marksBytes))
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

/** Where records wait in order. Its codecs have names that no other store's have. */
export const parkedStore: StoreDeclaration<Uint8Array, Uint8Array> = {
  name: 'parked',
  key: { ...bytes, name: 'a key of parked records' },
  value: { ...bytes, name: 'a parked record' },
}

/** Whether a topic of this name is one of the pipeline's own. */
export const isRetryTopic = (pipeline: string, topic: string): boolean => topic.startsWith(retryTopicName(pipeline, ''))
