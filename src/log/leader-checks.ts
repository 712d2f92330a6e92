import * as E from 'fp-ts/lib/Either.js'
import { readRecords } from '../batch/read-records.ts'
import {
  type BatchHeader,
  baseOffsetOf,
  baseSequenceOf,
  batchFault,
  batchSizeOf,
  countOf,
  headerFault,
  isControl,
  lastOffsetDeltaOf,
  producerIdOf,
  readHeader,
} from '../batch/record-batch.ts'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import type { LogConfig } from './log-config.ts'

/** Whose batch it is: a client's, or one that a coordinator writes on its behalf. */
export type Origin = 'client' | 'coordinator'

export interface LeaderCheck {
  /** The partition, for messages. */
  readonly name: string
  readonly config: LogConfig
  readonly origin: Origin
  /** `trust`: whoever hands the batch over has computed the CRC just now, in this process. */
  readonly crc: 'check' | 'trust'
}

/** Why a leader does not take a batch, whoever sent it, if so. Allocates nothing for one that it takes. */
export const leaderRefusal = (batch: Uint8Array, check: LeaderCheck): EngineFailure | undefined => {
  const corrupt = check.crc === 'check' ? batchFault(batch) : headerFault(batch)
  if (corrupt !== undefined)
    return invalid(check.name, `a batch is corrupt at byte ${corrupt.position}: ${corrupt.reason}; send it again`)
  const sizeBytes = batchSizeOf(batch)
  if (sizeBytes !== batch.length)
    return invalid(check.name, `a batch of ${sizeBytes} bytes came with ${batch.length}: send one at a time`)
  if (sizeBytes > check.config.maxMessageBytes)
    return engineFailure(
      'record-too-large',
      `${check.name}: a batch of ${sizeBytes} bytes is over the topic's max.message.bytes, ${check.config.maxMessageBytes}: send less at a time, or raise it`,
    )
  return check.origin === 'client' ? clientRefusal(batch, check) : undefined
}

/** As {@link leaderRefusal}, with the header of a batch that it takes. */
export const checkIncoming = (batch: Uint8Array, check: LeaderCheck): E.Either<EngineFailure, BatchHeader> => {
  const refusal = leaderRefusal(batch, check)
  return refusal === undefined ? E.right(readHeader(batch)) : E.left(refusal)
}

const clientRefusal = (batch: Uint8Array, { name, config }: LeaderCheck): EngineFailure | undefined => {
  if (isControl(batch)) return invalid(name, 'control batches are written by the engine only')
  const count = countOf(batch)
  const offsets = lastOffsetDeltaOf(batch) + 1
  if (count === 0 || count !== offsets) return invalid(name, `a batch of ${count} records claims ${offsets} offsets`)
  const baseOffset = baseOffsetOf(batch)
  if (baseOffset !== 0) return invalid(name, `a batch begins at offset ${baseOffset} and not at 0`)
  const producerId = producerIdOf(batch)
  if (producerId >= 0 && baseSequenceOf(batch) < 0)
    return invalid(name, `a batch of producer ${producerId} has no sequence`)
  return config.compacts ? keylessRefusal(batch, name) : undefined
}

const keylessRefusal = (batch: Uint8Array, name: string): EngineFailure | undefined => {
  let keyless = -1
  const read = readRecords(
    batch,
    (record) => {
      if (record.key === null && keyless === -1) keyless = record.offset
    },
    { checkCrc: false },
  )
  if (E.isLeft(read)) return invalid(name, `a batch is corrupt at byte ${read.left.position}: ${read.left.reason}`)
  return keyless === -1
    ? undefined
    : invalid(name, `record ${keyless} of a batch has no key, and the topic is compacted by key: give it one`)
}

const invalid = (name: string, reason: string): EngineFailure => engineFailure('invalid-record', `${name}: ${reason}`)
