import * as E from 'fp-ts/lib/Either.js'
import { type RecordCursor, readRecords } from '../batch/read-records.ts'
import type { EngineFailure } from '../contracts/failure.ts'
import { none } from '../protocol/broker/producer-state.ts'
import { CommittedFilter } from '../protocol/client/read-committed.ts'
import { batchFields } from './batch-fields.ts'
import { BatchWalk } from './batch-walk.ts'
import { Breath, type CompactOptions } from './compact-options.ts'
import { abortedOf, type Compactable, endOf } from './compaction-work.ts'
import { corruptLog } from './log-reader.ts'
import type { Segment } from './segment.ts'

/** How many keys one pass remembers where nothing is said; more are left to the next. */
const keysMaxDefault = 500_000

/** What a pass knows of the keys above the last cleaning, from there to `end`, exclusive. */
export interface KeyMap {
  readonly offsets: ReadonlyMap<string, number>
  readonly end: number
}

/** Keys as strings of one character a byte: maps compare those by value. */
const keyText = (key: Uint8Array): string => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')

/** Reads the segments that are `dirty`, from `cleaned` on, as far as a pass may remember. Errors: `corrupt-log`. */
export const mapKeys = async (
  log: Compactable,
  { dirty, cleaned }: { readonly dirty: readonly Segment[]; readonly cleaned: number },
  options: CompactOptions,
): Promise<E.Either<EngineFailure, KeyMap>> => {
  const offsets = new Map<string, number>()
  const end = endOf(dirty, log)
  const committed = new CommittedFilter(batchFields, abortedOf(log, dirty))
  const breath = new Breath()
  const { breathe, keysMax = keysMaxDefault } = options
  for (const segment of dirty) {
    const walk = new BatchWalk(segment.log, { from: 0, end: segment.sizeBytes })
    while (walk.next()) {
      if (offsets.size >= keysMax) return E.right({ offsets, end: walk.baseOffset })
      const { batch } = walk
      if (committed.keeps(batch) && walk.lastOffset >= cleaned) {
        const read = readRecords(batch, ({ key, offset }) => key !== null && offsets.set(keyText(key), offset), {
          checkCrc: false,
        })
        if (E.isLeft(read)) {
          const { reason } = read.left
          return E.left(corruptLog(log.name, { path: segment.log.path, position: walk.position, reason }))
        }
      }
      if (breath.isDue(walk.sizeBytes)) await breathe()
    }
    if (walk.damage !== undefined) return E.left(corruptLog(log.name, walk.damage))
  }
  return E.right({ offsets, end })
}

/** Whether the record is its key's last, as far as the pass knows. */
export const isLatest = ({ offsets, end }: KeyMap, { key, offset }: RecordCursor): boolean =>
  offset >= end || (key !== null && (offsets.get(keyText(key)) ?? none) <= offset)
