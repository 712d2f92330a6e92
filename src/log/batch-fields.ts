import * as E from 'fp-ts/lib/Either.js'
import { readControl } from '../batch/control-batch.ts'
import { isControl, isTransactional, lastOffsetOf, producerIdOf } from '../batch/record-batch.ts'
import type { BatchFields } from '../protocol/client/read-committed.ts'

/** How the rules of committed reading look at a batch's bytes. */
export const batchFields: BatchFields<Uint8Array> = {
  lastOffset: (batch) => lastOffsetOf(batch),
  producerId: (batch) => producerIdOf(batch),
  isTransactional: (batch) => isTransactional(batch),
  isControl: (batch) => isControl(batch),
  isAbort: (batch) => E.exists((type) => type === 'abort')(readControl(batch)),
}
