import type { Found } from './anomalies.ts'
import type { Evidence, PartitionEvidence, Writing } from './evidence.ts'
import { named, shown } from './naming.ts'

/**
 * Finds what must be in the log and nobody has read: `lost-write` where somebody has read behind it, else `unseen`.
 * `unseen` is tolerated where the history goes on.
 */
export const missingWrites = ({ partitions }: Evidence, found: Found, isReadToItsEnd: boolean): void => {
  for (const partition of partitions.values())
    for (const [value, writing] of partition.writers) {
      if (!writing.hasHappened || partition.readers.has(value)) continue
      if (!isLost(partition, writing, found)) unseen(partition, writing, found, !isReadToItsEnd)
    }
}

const isLost = ({ name, lastRead, order }: PartitionEvidence, { deed, record }: Writing, found: Found): boolean => {
  const offset = order.offsetsOf(record.value).at(-1)
  if (lastRead === undefined || offset === undefined || offset > lastRead.record.offset) return false
  found('lost-write', () => ({
    operations: [deed.operation, lastRead.deed.operation],
    records: [{ ...record, offset }, lastRead.record],
    what:
      `${shown(record.value)}, sent to ${name} by ${named(deed.operation)} and at ${offset}, was never polled, ` +
      `though ${named(lastRead.deed.operation)} polled ${shown(lastRead.record.value)} at ${lastRead.record.offset}`,
  }))
  return true
}

const unseen = (
  { name, lastRead }: PartitionEvidence,
  { deed, record }: Writing,
  found: Found,
  isTolerated: boolean,
): void => {
  const isOk = deed.operation.outcome === 'ok'
  found(
    'unseen',
    () => ({
      operations: [deed.operation],
      records: [record],
      what:
        `${shown(record.value)}, sent to ${name} by ${named(deed.operation)}, was never polled` +
        `${isOk ? '' : ', though other records of that transaction were'}; ` +
        (lastRead === undefined ? `nobody has read ${name}` : `${name} was read to ${lastRead.record.offset}`),
    }),
    isTolerated,
  )
}
