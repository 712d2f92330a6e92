import { engineFailure } from '../../../contracts/failure.ts'
import type { Position } from '../../../contracts/position.ts'
import { unreadable } from '../fetched-partition.ts'
import type { ReplyOf } from '../wire.ts'
import type { BrokerParts, Handlers } from './broker-parts.ts'
import { fetchAt, offsetAt } from './consume.ts'
import type { HostedPartitions } from './hosted-partitions.ts'
import { type ProduceParts, produce } from './produce.ts'
import { waitFor } from './wait-for.ts'

export interface PartitionRequestsParts extends Pick<BrokerParts, 'world' | 'process'>, ProduceParts {
  readonly partitions: HostedPartitions
}

const acksOf = { none: 0, leader: 1, all: -1 } as const

/** What clients ask of the leaders of partitions. */
export const partitionRequests = (
  parts: PartitionRequestsParts,
): Handlers<'produce' | 'fetch' | 'listOffsets' | 'deleteRecords'> => {
  const { partitions } = parts

  const deleteBefore = ({ topic, partition, offset }: Position): ReplyOf<'deleteRecords'>[number] => {
    const hosted = partitions.leaderOf({ topic, partition })
    if (hosted._tag === 'Left') return { topic, partition, failure: hosted.left }
    const { log, highWatermark, name } = hosted.right
    if (offset < 0 || offset > highWatermark) {
      const message = `${name} has offsets from ${log.startOffset} to ${highWatermark}, and ${offset} is none of them: begin at the earliest or the latest`
      return { topic, partition, failure: engineFailure('offset-out-of-range', message) }
    }
    if (offset > log.startOffset) hosted.right.deleteBefore(offset)
    return { topic, partition, offset: log.startOffset }
  }

  return {
    produce: ({ acks, transactionalId, timeoutMs, batches }, answer) => {
      const results: ReplyOf<'produce'>[number][] = []
      const request = { acks: acksOf[acks], timeoutMs, transactionalId }
      for (const [index, batch] of batches.entries()) {
        const answered = (result: ReplyOf<'produce'>[number]) => {
          results[index] = result
          if (batches.every((_, at) => results[at] !== undefined)) answer(results)
        }
        const hosted = partitions.leaderOf(batch)
        if (hosted._tag === 'Right') produce(parts, hosted.right, batch, request, answered)
        else {
          const { topic, partition } = batch
          answered({ _tag: 'refused', topic, partition, failure: hosted.left, unknownProducer: false })
        }
      }
    },
    fetch: ({ positions, isolation, maxBytes, maxWaitMs }, answer) => {
      const ask = () => {
        const found: ReplyOf<'fetch'>[number][] = []
        let left = maxBytes
        for (const position of positions) {
          const hosted = partitions.leaderOf(position)
          const one =
            hosted._tag === 'Left'
              ? unreadable(position, hosted.left)
              : fetchAt(hosted.right, position, { isolation, maxBytes: left })
          if (one === undefined) continue
          found.push(one)
          for (const batch of one.batches) left -= batch.length
          if (left <= 0) break
        }
        return found.length === 0 ? undefined : found
      }
      const here = positions.flatMap((position) => partitions.at(position) ?? [])
      waitFor(parts, { partitions: here, maxWaitMs }, ask, (found) => answer(found ?? []))
    },
    listOffsets: ({ queries, isolation }, answer) =>
      answer(
        queries.map(({ topic, partition, at }) => {
          const hosted = partitions.leaderOf({ topic, partition })
          const offset = hosted._tag === 'Left' ? hosted : offsetAt(hosted.right, at, isolation)
          return offset._tag === 'Left'
            ? { topic, partition, failure: offset.left }
            : { topic, partition, offset: offset.right }
        }),
      ),
    deleteRecords: ({ before }, answer) => answer(before.map(deleteBefore)),
  }
}
