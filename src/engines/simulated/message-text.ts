import { baseSequenceOf, countOf, producerEpochOf, producerIdOf } from '../../batch/record-batch.ts'
import type { Fetched, GroupEvent } from '../../contracts/engine.ts'
import { type Position, partitionName, type TopicPartition } from '../../contracts/position.ts'
import type { ReplyOf, RequestName, RequestOf } from './wire.ts'

type RequestTexts = { readonly [N in RequestName]?: (request: RequestOf<N>) => string }
type ReplyTexts = { readonly [N in RequestName]?: (reply: ReplyOf<N>, request: RequestOf<N>) => string }

/** What a request asks for, in a few words; empty where its name says it all. */
export const requestText = <N extends RequestName>(name: N, request: RequestOf<N>): string => {
  const text: ((request: RequestOf<N>) => string) | undefined = requestTexts[name]
  return text?.(request) ?? ''
}

/** What a request was answered, in a few words. */
export const replyText = <N extends RequestName>(name: N, request: RequestOf<N>, reply: ReplyOf<N>): string => {
  const text: ((reply: ReplyOf<N>, request: RequestOf<N>) => string) | undefined = replyTexts[name]
  if (text !== undefined) return text(reply, request)
  return isRefusal(reply) ? `refused: ${reply.failure.code}` : ''
}

/** `producer 5, epoch 3`. */
export const producerText = ({ producerId, epoch }: { readonly producerId: number; readonly epoch: number }): string =>
  `producer ${producerId}, epoch ${epoch}`

export const partitionsText = (partitions: readonly TopicPartition[]): string =>
  partitions.length === 0 ? 'nothing' : partitions.map(partitionName).join(', ')

/** `a-0 at 12, a-1 at 7`. */
export const positionsText = (positions: readonly Position[]): string =>
  positions.map((position) => `${partitionName(position)} at ${position.offset}`).join(', ')

/** `3 records`, `1 record`. */
export const recordsText = (count: number): string => (count === 1 ? '1 record' : `${count} records`)

/** A sealed batch: `3 records to b-0 (sequence 7 of producer 5, epoch 3)`. */
export const batchText = (at: TopicPartition, bytes: Uint8Array): string =>
  `${recordsText(countOf(bytes))} to ${partitionName(at)} (sequence ${baseSequenceOf(bytes)} of ${producerText({
    producerId: producerIdOf(bytes),
    epoch: producerEpochOf(bytes),
  })})`

/** What somebody finds who has read from there: `reads 2 records of a-0, 3 to 4`. */
export const readText = (from: Position, { batches, nextOffset }: Pick<Fetched, 'batches' | 'nextOffset'>): string =>
  `reads ${recordsIn(batches)} of ${partitionName(from)}, ${from.offset} to ${nextOffset - 1}`

/** What happens to a member of a group. */
export const groupEventText = (event: GroupEvent, group: string, generation: number): string => {
  const partitions = partitionsText(event.partitions)
  switch (event._tag) {
    case 'assigned':
      return `is given ${partitions} in generation ${generation} of group '${group}'`
    case 'revoked':
      return `is to give up ${partitions} of group '${group}'`
    case 'lost':
      return `loses ${partitions} of group '${group}': ${event.failure.code}`
  }
}

const isRefusal = (reply: unknown): reply is { readonly failure: { readonly code: string } } =>
  typeof reply === 'object' && reply !== null && '_tag' in reply && reply._tag === 'refused' && 'failure' in reply

const recordsIn = (batches: readonly Uint8Array[]): string =>
  recordsText(batches.reduce((sum, bytes) => sum + countOf(bytes), 0))

const requestTexts: RequestTexts = {
  produce: ({ batches }) => batches.map((batch) => batchText(batch, batch.bytes)).join('; '),
  fetch: ({ positions }) => positionsText(positions),
  listOffsets: ({ queries }) => queries.map((query) => `${partitionName(query)}: ${offsetAtText(query.at)}`).join(', '),
  deleteRecords: ({ before }) => positionsText(before),
  initProducerId: ({ transactionalId }) => `'${transactionalId}'`,
  endTransaction: ({ transactionalId, commit, ...identity }) =>
    `${commit ? 'commit' : 'abort'} '${transactionalId}' (${producerText(identity)})`,
  group: ({ group, asked }) => `${asked._tag} '${group}'`,
  commitOffsets: ({ token, offsets }) => `${positionsText(offsets)} (generation ${token.generation})`,
  commitOffsetsInTransaction: ({ transactionalId, token, offsets }) =>
    `${positionsText(offsets)} in '${transactionalId}' (generation ${token.generation})`,
  fetchOffsets: ({ group }) => `'${group}'`,
  createTopic: ({ name }) => `'${name}'`,
  replicate: ({ fetches }) =>
    positionsText(fetches.map(({ topic, partition, fetch }) => ({ topic, partition, offset: fetch.offset }))),
  writeMarkers: ({ commit, partitions, ...identity }) =>
    `${commit ? 'commit' : 'abort'} of ${producerText(identity)} to ${partitionsText(partitions)}`,
  addPartitions: ({ transactionalId, partitions }) => `${partitionsText(partitions)} to '${transactionalId}'`,
  alterPartition: ({ asked, ...at }) =>
    `${partitionName(at)} in sync: ${asked.isr.map(({ brokerId }) => brokerId).join(', ')}`,
  publish: ({ version }) => `version ${version}`,
}

const replyTexts: ReplyTexts = {
  metadata: ({ version }) => `version ${version}`,
  produce: (results) =>
    results
      .map((result) =>
        result._tag === 'appended'
          ? `${partitionName(result)} at ${result.offset}`
          : `${partitionName(result)} refused: ${result.failure.code}`,
      )
      .join('; '),
  fetch: (fetched) =>
    fetched.map((one) => `${partitionName(one)}: ${one.failure?.code ?? recordsIn(one.batches)}`).join(', '),
  listOffsets: (answers) =>
    answers
      .map((one) => `${partitionName(one)}: ${'failure' in one ? one.failure.code : String(one.offset)}`)
      .join(', '),
  // what was asked is named again, since one request stands for many
  group: (reply, { asked }) => `${asked._tag}: ${reply._tag === 'refused' ? reply.failure.code : reply._tag}`,
  fetchOffsets: (reply) =>
    reply._tag === 'refused'
      ? `refused: ${reply.failure.code}`
      : reply.offsets.length === 0
        ? 'none'
        : positionsText(reply.offsets),
  initProducerId: (reply) => (reply._tag === 'refused' ? `refused: ${reply.failure.code}` : producerText(reply)),
  replicate: (answers) =>
    answers
      .map(
        ({ answer, batches, ...at }) =>
          `${partitionName(at)}: ${answer._tag === 'served' ? recordsIn(batches) : answer._tag}`,
      )
      .join(', '),
  writeMarkers: (answers) =>
    answers
      .map((one) => `${partitionName(one)}${one.failure === undefined ? '' : ` refused: ${one.failure.code}`}`)
      .join(', '),
  alterPartition: (answer) => (answer._tag === 'refused' ? `refused: ${answer.reason}` : ''),
}

const offsetAtText = (at: RequestOf<'listOffsets'>['queries'][number]['at']): string =>
  typeof at === 'string' ? at : `at ${JSON.stringify(at)}`
