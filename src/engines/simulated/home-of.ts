import { keyHash } from '../../protocol/client/partitioner.ts'

const utf8 = new TextEncoder()

/** Which partition of one of the cluster's own topics a group, or a transactional id, belongs to. */
export const homeOf = (name: string, partitions: number): number => keyHash(utf8.encode(name)) % partitions
