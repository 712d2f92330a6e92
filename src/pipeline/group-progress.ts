import * as E from 'fp-ts/lib/Either.js'
import { readRecords } from '../batch/read-records.ts'
import type { Engine, Fetched } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
import { type Position, partitionName } from '../contracts/position.ts'

/**
 * Those of `ends` before which `group` has committed every record, as far as the engine answers: what it does not tell
 * now it may tell later. Offsets that are no records' (a transaction's end, what was aborted) need no commit.
 */
export const committedUpTo = async (
  engine: Engine,
  group: string,
  ends: readonly Position[],
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
  for (const end of ends) if (await isEmpty(engine, begins.get(partitionName(end)) ?? 0, end)) reached.add(end)
  return reached
}

const maxBytes = 64 * 1024

/** Whether there is no record for users from `begin` up to `end`. */
const isEmpty = async (
  engine: Engine,
  begin: number,
  { topic, partition, offset: end }: Position,
): Promise<boolean> => {
  for (let offset = begin; offset < end; ) {
    const positions = [{ topic, partition, offset }]
    const answer = await engine.reader.fetch({ positions, isolation: 'read_committed', maxBytes, maxWaitMs: 0 })()
    const fetched = E.isRight(answer) ? answer.right[0] : undefined
    if (fetched === undefined || fetched.failure !== undefined || hasRecord(fetched, offset)) return false
    offset = fetched.nextOffset
  }
  return true
}

/** Also where a batch cannot be read: whoever comes to it says so. */
const hasRecord = ({ batches }: Fetched, from: number): boolean => {
  let isFound = false
  try {
    for (const batch of batches) {
      const read = readRecords(batch, (record) => {
        isFound ||= record.offset >= from
      })
      if (isFound || E.isLeft(read)) return true
    }
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'missing-package') return true
    throw error
  }
  return false
}
