import * as E from 'fp-ts/lib/Either.js'
import { CorruptBatchError } from '../batch/corrupt-batch.ts'
import { readRecords } from '../batch/read-records.ts'
import { copyHeaders } from '../batch/record-headers.ts'
import { ownCopy } from '../codec/own-bytes.ts'
import type { Engine } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
import type { TopicPartition } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'

/** A record as it lies in its partition, copied. */
export interface LogRecord {
  readonly offset: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
}

const fetchBytes = 1024 * 1024

/**
 * The committed records of one partition from `from` on, up to its end at the call: as much at a time as one fetch has.
 *
 * **Errors** rejects with {@link MillraceError}; `offset-out-of-range` where `from` was deleted.
 */
export async function* readPartition(
  engine: Engine,
  at: TopicPartition,
  from?: number,
  maxBytes: number = fetchBytes,
): AsyncGenerator<readonly LogRecord[], void, undefined> {
  const [settled] = await settle(engine.reader.settled([at]))
  const end = settled?.offset ?? 0
  const [start] = await settle(engine.reader.offsets([{ ...at, at: 'earliest' }], 'read_committed'))
  for (let offset = from ?? start?.offset ?? 0; offset < end; ) {
    const positions = [{ ...at, offset }]
    const request = { positions, isolation: 'read_committed', maxBytes, maxWaitMs: 1_000 } as const
    const [fetched] = await settle(engine.reader.fetch(request))
    if (fetched?.failure !== undefined) throw new MillraceError(fetched.failure)
    const records = (fetched?.batches ?? []).flatMap((batch) => recordsIn(batch, offset))
    offset = fetched?.nextOffset ?? offset
    if (records.length > 0) yield records
  }
}

const recordsIn = (batch: Uint8Array, from: number): readonly LogRecord[] => {
  const records: LogRecord[] = []
  const read = readRecords(batch, ({ offset, key, value, headers }) => {
    if (offset < from) return
    records.push({ offset, key: key && ownCopy(key), value: value && ownCopy(value), headers: copyHeaders(headers) })
  })
  if (E.isLeft(read)) throw new CorruptBatchError(read.left)
  return records
}
