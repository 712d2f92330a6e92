import * as E from 'fp-ts/lib/Either.js'
import { readRecords } from '../batch/read-records.ts'
import type { Engine, Fetched } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
import { type Position, partitionName } from '../contracts/position.ts'

/** Where the next record lies that was not committed when somebody looked, by partition. */
export type Uncommitted = Map<string, number>

/**
 * Those of `ends` before which `group` has committed every record, as far as the engine answers: what it does not tell
 * now it may tell later. Offsets that are no records' (a transaction's end, what was aborted) need no commit.
 *
 * **Guarantees** with the same `uncommitted` each time, nothing is read again before more is committed.
 */
export const committedUpTo = async (
  engine: Engine,
  group: string,
  ends: readonly Position[],
  uncommitted: Uncommitted = new Map(),
): Promise<ReadonlySet<Position>> => {
  const committed = await engine.groups.committed(group, ends)()
  const oldest = await engine.reader.offsets(
    ends.map(({ topic, partition }) => ({ topic, partition, at: 'earliest' })),
    'read_committed',
  )()
  const reached = new Set<Position>()
  if (E.isLeft(committed) || E.isLeft(oldest)) return reached
  const begins = new Map(oldest.right.map((at) => [partitionName(at), at.offset]))
  for (const at of committed.right) {
    const name = partitionName(at)
    begins.set(name, Math.max(at.offset, begins.get(name) ?? 0))
  }
  for (const end of ends) {
    const name = partitionName(end)
    const begin = begins.get(name) ?? 0
    const known = uncommitted.get(name)
    if (known !== undefined && begin <= known) continue
    const next = await nextRecord(engine, begin, end)
    if (next === 'none') reached.add(end)
    else if (next !== 'unknown') uncommitted.set(name, next)
  }
  return reached
}

const maxBytes = 64 * 1024

/** Where the first record for users lies from `begin` up to `end`; `unknown` where the engine does not tell now. */
const nextRecord = async (
  engine: Engine,
  begin: number,
  { topic, partition, offset: end }: Position,
): Promise<number | 'none' | 'unknown'> => {
  for (let offset = begin; offset < end; ) {
    const positions = [{ topic, partition, offset }]
    const answer = await engine.reader.fetch({ positions, isolation: 'read_committed', maxBytes, maxWaitMs: 0 })()
    const fetched = E.isRight(answer) ? answer.right[0] : undefined
    if (fetched === undefined || fetched.failure !== undefined) return 'unknown'
    const found = firstRecord(fetched, offset)
    // what lies behind the end is nobody's business
    if (found !== undefined) return found < end ? found : 'none'
    offset = fetched.nextOffset
  }
  return 'none'
}

/** Also where a batch cannot be read: whoever comes to it says so. */
const firstRecord = ({ batches }: Fetched, from: number): number | undefined => {
  let found: number | undefined
  try {
    for (const batch of batches) {
      const read = readRecords(batch, ({ offset }) => {
        if (offset >= from) found ??= offset
      })
      if (found !== undefined) return found
      if (E.isLeft(read)) return from
    }
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'missing-package') return from
    throw error
  }
  return undefined
}
