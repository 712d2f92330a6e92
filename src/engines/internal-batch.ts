import { BatchBuilder } from '../batch/batch-builder.ts'
import { seal } from '../batch/record-batch.ts'
import { noHeaders } from '../batch/record-headers.ts'

/** A record of one of an engine's own topics; without a value it is a tombstone. */
export interface InternalRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** In whose transaction a coordinator writes, if in one. */
export type InternalProducer = { readonly producerId: number; readonly producerEpoch: number } | undefined

/** What a coordinator writes at once, as one batch. */
export const internalBatch = (
  records: readonly InternalRecord[],
  producer: InternalProducer,
  nowMs: number,
): Uint8Array => {
  const builder = new BatchBuilder({ compression: 'none' })
  for (const { key, value } of records) builder.add(key, value, noHeaders, nowMs)
  const bytes = builder.build()
  if (producer !== undefined) seal(bytes, { ...producer, baseSequence: -1, transactional: true })
  return bytes
}
