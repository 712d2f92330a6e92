import type { Clock } from '../../contracts/clock.ts'
import type { Engine, GroupDescription } from '../../contracts/engine.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import { settle } from '../../contracts/settle.ts'
import { settlePatiently } from '../../millrace/settle-patiently.ts'

/** Where a group stands in one partition. */
export interface PartitionLag extends TopicPartition {
  /** Where it goes on; none where it has committed nothing. */
  readonly currentOffset: number | undefined
  readonly logEndOffset: number
  readonly lag: number | undefined
  readonly memberId: string | undefined
}

/** Where a group stood in all of its partitions at one moment, as {@link Clock.elapsed} has it. */
export interface GroupLag {
  readonly atMs: number
  readonly description: GroupDescription
  readonly partitions: readonly PartitionLag[]
}

/** Looks at a group: all partitions that it has committed to, or that its members have. */
export const lagOf = async (engine: Engine, clock: Clock, description: GroupDescription): Promise<GroupLag> => {
  const committed = await settlePatiently(clock, engine.groups.committed(description.group))
  const currentOf = new Map(committed.map((position) => [partitionName(position), position.offset]))
  const memberOf = new Map(
    description.members.flatMap(({ memberId, partitions }) => partitions.map((at) => [partitionName(at), memberId])),
  )
  const places = new Map<string, TopicPartition>()
  for (const { topic, partition } of [...committed, ...description.members.flatMap(({ partitions }) => partitions)])
    places.set(partitionName({ topic, partition }), { topic, partition })
  const sorted = [...places.values()].sort(byPlace)
  const ends = await settle(
    engine.reader.offsets(
      sorted.map((place) => ({ ...place, at: 'latest' as const })),
      'read_uncommitted',
    ),
  )
  const atMs = clock.elapsed()
  const partitions = sorted.map((place, at): PartitionLag => {
    const name = partitionName(place)
    const currentOffset = currentOf.get(name)
    const logEndOffset = ends[at]?.offset ?? 0
    const lag = currentOffset === undefined ? undefined : Math.max(0, logEndOffset - currentOffset)
    return { ...place, currentOffset, logEndOffset, lag, memberId: memberOf.get(name) }
  })
  return { atMs, description, partitions }
}

export const byPlace = (a: TopicPartition, b: TopicPartition): number =>
  a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
