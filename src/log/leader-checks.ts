import * as E from 'fp-ts/lib/Either.js'
import { readRecords } from '../batch/read-records.ts'
import { type BatchHeader, checkBatch, checkHeader } from '../batch/record-batch.ts'
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

/** What a leader asks of a batch before it looks at who sent it. */
export const checkIncoming = (batch: Uint8Array, check: LeaderCheck): E.Either<EngineFailure, BatchHeader> => {
  const read = check.crc === 'check' ? checkBatch(batch) : checkHeader(batch)
  if (E.isLeft(read)) {
    return invalid(check.name, `a batch is corrupt at byte ${read.left.position}: ${read.left.reason}; send it again`)
  }
  const header = read.right
  if (header.sizeBytes !== batch.length) {
    return invalid(check.name, `a batch of ${header.sizeBytes} bytes came with ${batch.length}: send one at a time`)
  }
  if (header.sizeBytes > check.config.maxMessageBytes) {
    return E.left(
      engineFailure(
        'record-too-large',
        `${check.name}: a batch of ${header.sizeBytes} bytes is over the topic's max.message.bytes, ${check.config.maxMessageBytes}: send less at a time, or raise it`,
      ),
    )
  }
  return check.origin === 'client' ? clientBatch(batch, header, check) : read
}

const clientBatch = (batch: Uint8Array, header: BatchHeader, { name, config }: LeaderCheck) => {
  if (header.control) return invalid(name, 'control batches are written by the engine only')
  if (header.count === 0 || header.count !== header.lastOffsetDelta + 1) {
    return invalid(name, `a batch of ${header.count} records claims ${header.lastOffsetDelta + 1} offsets`)
  }
  if (header.baseOffset !== 0) return invalid(name, `a batch begins at offset ${header.baseOffset} and not at 0`)
  if (header.producerId >= 0 && header.baseSequence < 0) {
    return invalid(name, `a batch of producer ${header.producerId} has no sequence`)
  }
  return config.compacts ? keyedBatch(batch, header, name) : E.right(header)
}

const keyedBatch = (batch: Uint8Array, header: BatchHeader, name: string): E.Either<EngineFailure, BatchHeader> => {
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
    ? E.right(header)
    : invalid(name, `record ${keyless} of a batch has no key, and the topic is compacted by key: give it one`)
}

const invalid = (name: string, reason: string): E.Either<EngineFailure, never> =>
  E.left(engineFailure('invalid-record', `${name}: ${reason}`))
