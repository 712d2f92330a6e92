import * as E from 'fp-ts/lib/Either.js'
import { readControl } from '../batch/control-batch.ts'
import { readRecords } from '../batch/read-records.ts'
import { type BatchHeader, readHeader } from '../batch/record-batch.ts'
import type { CommittedFilter } from '../protocol/client/read-committed.ts'
import type { CompactOptions } from './compact-options.ts'
import type { Compaction } from './compaction-work.ts'
import { isLatest, type KeyMap } from './key-map.ts'
import { type KeptRecord, keepRecord, rewriteBatch } from './rewrite-batch.ts'

/** One compaction, from its first segment to its last. */
export interface Pass {
  readonly compaction: Compaction
  readonly map: KeyMap
  readonly options: CompactOptions
  /** Producers of whose transaction some data is still there, up to where the pass has come. */
  readonly inTransaction: Set<number>
}

/** What stays of a batch; the batch itself where all of it does, and nothing where nobody needs it any more. */
export const compactBatch = (
  pass: Pass,
  batch: Uint8Array,
  { isLast, committed }: { readonly isLast: boolean; readonly committed: CommittedFilter<Uint8Array> },
): E.Either<string, Uint8Array | undefined> => {
  const header = readHeader(batch)
  const isCommitted = committed.keeps(batch)
  if (header.baseOffset >= pass.map.end) return E.right(batch)
  if (header.control) return E.right(compactMarker(pass, batch, header, isLast))
  const horizon = header.deleteHorizon ? header.baseTimestamp : undefined
  const records: KeptRecord[] = []
  let tombstones = 0
  const read = readRecords(
    batch,
    (record) => {
      if (!isCommitted || !isLatest(pass.map, record)) return
      if (record.valueBytes < 0) {
        if (horizon !== undefined && horizon <= pass.compaction.now) return
        tombstones++
      }
      records.push(keepRecord(record))
    },
    { checkCrc: false },
  )
  if (E.isLeft(read)) return E.left(read.left.reason)
  if (records.length > 0 && header.transactional) pass.inTransaction.add(header.producerId)
  const deleteHorizon = tombstones > 0 && horizon === undefined ? horizonOf(pass) : undefined
  if (records.length === header.count && deleteHorizon === undefined && header.count > 0) return E.right(batch)
  if (records.length === 0 && !isLast && !isLastOfProducer(pass, header)) return E.right(undefined)
  return E.right(rewriteBatch(batch, { header, records, deleteHorizon }))
}

const horizonOf = ({ compaction: { now, config } }: Pass): number => now + config.deleteRetentionMs

/** A live producer's last batch here: its header goes on saying which sequence comes next. */
const isLastOfProducer = ({ compaction: { producers } }: Pass, header: BatchHeader): boolean => {
  const entry = producers.get(header.producerId)
  return entry?.batches.at(-1)?.lastOffset === header.baseOffset + header.lastOffsetDelta
}

const compactMarker = (pass: Pass, batch: Uint8Array, header: BatchHeader, isLast: boolean): Uint8Array | undefined => {
  const { compaction, inTransaction } = pass
  if (E.exists((type) => type === 'other')(readControl(batch)) || header.count === 0) return batch
  if (inTransaction.delete(header.producerId)) return batch
  const entry = compaction.producers.get(header.producerId)
  const saysEpoch = entry !== undefined && entry.epoch === header.producerEpoch && entry.batches.length === 0
  if (!header.deleteHorizon) return withHorizon(batch, header, horizonOf(pass))
  if (saysEpoch || header.baseTimestamp > compaction.now) return batch
  return isLast ? rewriteBatch(batch, { header, records: [], deleteHorizon: undefined }) : undefined
}

const withHorizon = (batch: Uint8Array, header: BatchHeader, deleteHorizon: number): Uint8Array => {
  const records: KeptRecord[] = []
  readRecords(batch, (record) => records.push(keepRecord(record)), { checkCrc: false })
  return rewriteBatch(batch, { header, records, deleteHorizon })
}
