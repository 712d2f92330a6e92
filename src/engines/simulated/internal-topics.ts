import { keyHash } from '../../protocol/client/partitioner.ts'

/** The cluster's own topics, under Kafka's names. */
export const internalTopics = { offsets: '__consumer_offsets', transactions: '__transaction_state' } as const

const utf8 = new TextEncoder()

/** Which partition of one of the cluster's own topics a group, or a transactional id, belongs to. */
export const homeOf = (name: string, partitions: number): number => keyHash(utf8.encode(name)) % partitions
