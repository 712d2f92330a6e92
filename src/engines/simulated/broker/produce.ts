import * as E from 'fp-ts/lib/Either.js'
import { endMarker } from '../../../batch/control-batch.ts'
import { lastOffsetDeltaOf, stampAppendTime } from '../../../batch/record-batch.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { checkIncoming } from '../../../log/leader-checks.ts'
import {
  applyMarker,
  checkAppend,
  type DuplicateBatch,
  isInTransaction,
  none,
  type ProducerRefusal,
} from '../../../protocol/broker/producer-state.ts'
import type { Acks } from '../../../protocol/broker/replica-messages.ts'
import { admitAppend } from '../../../protocol/broker/replica-produce.ts'
import type { Mutant } from '../cluster-options.ts'
import { batchText, producerText } from '../message-text.ts'
import type { ProducedBatch, ProduceResult } from '../wire.ts'
import type { HostedReplica } from './hosted-replica.ts'

export interface ProduceParts {
  readonly mutants: ReadonlySet<Mutant>
  readonly firstSequence: number
  readonly nowMs: () => number
  /** Has the coordinator make the partition part of the producer's transaction, then goes on. */
  readonly addToTransaction: (
    hosted: HostedReplica,
    of: { readonly transactionalId: string; readonly producerId: number; readonly epoch: number },
    added: (failure: EngineFailure | undefined) => void,
  ) => void
}

export interface ProduceRequest {
  readonly acks: Acks
  readonly timeoutMs: number
  readonly transactionalId: string | undefined
}

type Answer = (result: ProduceResult) => void

/** What the partition's leader does with a client's batch. Its bytes are the client's, and are copied. */
export const produce = (
  parts: ProduceParts,
  hosted: HostedReplica,
  batch: ProducedBatch,
  request: ProduceRequest,
  answer: Answer,
): void => {
  const { topic, partition } = batch
  const { name, config } = hosted
  const refuse = (failure: EngineFailure, unknownProducer = false) => {
    hosted.tell(() => `refuses ${batchText(batch, batch.bytes)}: ${failure.code}`, 'records')
    answer({ _tag: 'refused', topic, partition, failure, unknownProducer })
  }
  const admitted = admitAppend(hosted.replica, request.acks)
  if (E.isLeft(admitted)) return refuse(admitted.left)
  const bytes = new Uint8Array(batch.bytes)
  const checked = checkIncoming(bytes, { name, config, origin: 'client', crc: 'check' })
  if (E.isLeft(checked)) return refuse(checked.left)
  const header = checked.right
  const entry = hosted.log.producers.entries.get(header.producerId)
  const check =
    header.producerId < 0 ? accepted : lenient(parts.mutants, checkAppend(entry, header, 'client', parts.firstSequence))
  if (E.isLeft(check)) return refuse(refusal(name, check.left), check.left.unknownProducer)
  if (check.right._tag === 'duplicate') {
    hosted.reached('duplicate recognised')
    const { baseOffset } = check.right
    hosted.tell(() => `has ${batchText(batch, bytes)} already, at ${baseOffset}`, 'records')
    return whenSafe(parts, hosted, check.right, request, answer)
  }
  if (!header.transactional || isInTransaction(entry, header)) return write(parts, hosted, bytes, request, answer)
  const { transactionalId } = request
  if (transactionalId === undefined) {
    const message = `${name}: a batch of a transaction came without a transactional id`
    return refuse(engineFailure('invalid-record', message))
  }
  const { producerId, producerEpoch: epoch } = header
  parts.addToTransaction(hosted, { transactionalId, producerId, epoch }, (failure) => {
    if (failure !== undefined) return refuse(failure)
    // much may have happened in the meantime
    const again = admitAppend(hosted.replica, request.acks)
    if (E.isLeft(again)) return refuse(again.left)
    const now = lenient(
      parts.mutants,
      checkAppend(hosted.log.producers.entries.get(producerId), header, 'client', parts.firstSequence),
    )
    if (E.isLeft(now)) return refuse(refusal(name, now.left), now.left.unknownProducer)
    if (now.right._tag === 'accepted') write(parts, hosted, bytes, request, answer)
    else whenSafe(parts, hosted, now.right, request, answer)
  })
}

/** Of a batch that lies in the log already. */
const whenSafe = (
  parts: ProduceParts,
  hosted: HostedReplica,
  { baseOffset: offset, lastOffset, timestamp }: DuplicateBatch,
  request: ProduceRequest,
  answer: Answer,
): void => {
  const settled = settling(hosted, { offset, endOffset: lastOffset + 1, timestamp }, request, answer)
  hosted.whenSafe(lastOffset + 1, waitOf(parts, request), settled)
}

type Check = ReturnType<typeof checkAppend>

const accepted: Check = E.right({ _tag: 'accepted' })

/** The check, with what is broken on purpose. */
const lenient = (mutants: ReadonlySet<Mutant>, check: Check): Check => {
  if (mutants.has('dedup-off') && E.isRight(check)) return accepted
  const outOfOrder = E.isLeft(check) && check.left.code === 'out-of-order-sequence'
  return mutants.has('sequence-check-off') && outOfOrder ? accepted : check
}

const write = (
  parts: ProduceParts,
  hosted: HostedReplica,
  bytes: Uint8Array,
  request: ProduceRequest,
  answer: Answer,
): void => {
  const { config } = hosted
  const timestamp = config.stampsAppendTime ? parts.nowMs() : -1
  if (timestamp !== -1) stampAppendTime(bytes, timestamp)
  const offset = hosted.log.endOffset
  hosted.tell(() => `writes ${batchText(hosted, bytes)} at ${offset}`, 'records')
  const endOffset = offset + lastOffsetDeltaOf(bytes) + 1
  hosted.append(bytes, waitOf(parts, request), settling(hosted, { offset, endOffset, timestamp }, request, answer))
}

/** Answers for a batch in the log once it is known whether it stays there. */
const settling =
  (
    hosted: HostedReplica,
    {
      offset,
      endOffset,
      timestamp,
    }: { readonly offset: number; readonly endOffset: number; readonly timestamp: number },
    { acks }: ProduceRequest,
    answer: Answer,
  ) =>
  (failure: EngineFailure | undefined): void => {
    const { topic, partition } = hosted
    if (failure !== undefined) return answer({ _tag: 'refused', topic, partition, failure, unknownProducer: false })
    if (acks === -1) hosted.acknowledged(endOffset)
    answer({ _tag: 'appended', topic, partition, offset, timestamp })
  }

const waitOf = ({ mutants }: ProduceParts, { acks, timeoutMs }: ProduceRequest) => ({
  acks: acks === -1 && mutants.has('acks-1-sold-as-all') ? (1 as const) : acks,
  timeoutMs,
})

const refusal = (name: string, { code, message }: ProducerRefusal): EngineFailure =>
  engineFailure(code, `${name}: ${message}`)

export interface Marker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly commit: boolean
}

/** Writes the end of a transaction; `settled` hears when all replicas in sync have it, or why not. */
export const mark = (
  hosted: HostedReplica,
  marker: Marker,
  at: { readonly nowMs: number; readonly timeoutMs: number },
  settled: (failure: EngineFailure | undefined) => void,
): void => {
  const admitted = admitAppend(hosted.replica, -1)
  if (E.isLeft(admitted)) return settled(admitted.left)
  const entry = hosted.log.producers.entries.get(marker.producerId)
  if (entry?.openTransaction === none && entry.epoch === marker.producerEpoch) hosted.reached('marker repeated')
  const applied = applyMarker(entry, marker, at.nowMs)
  if (E.isLeft(applied)) return settled(refusal(hosted.name, applied.left))
  hosted.tell(
    () =>
      `writes to ${hosted.name} that ${producerText({ producerId: marker.producerId, epoch: marker.producerEpoch })}, has ${marker.commit ? 'committed' : 'aborted'}, at ${hosted.log.endOffset}`,
    'transaction',
  )
  hosted.append(endMarker({ ...marker, timestamp: at.nowMs }), { acks: -1, timeoutMs: at.timeoutMs }, settled)
}
