import type { Found, Show } from './anomalies.ts'
import type { Deed, Evidence, PartitionEvidence } from './evidence.ts'
import type { SentRecord } from './history.ts'
import { listed, named, shown } from './naming.ts'

/**
 * Finds sends that lie in the log in another order than they were made in: within an operation
 * (`int-nonmonotonic-send`; `int-send-skip` where others came between, which is tolerated: writes are not isolated), and
 * from one operation of a process to the next (`nonmonotonic-send`). Only where it is known where they lie.
 */
export const sendOrder = ({ processes, partitions }: Evidence, found: Found): void => {
  for (const deeds of processes.values()) {
    const lasts = new Map<string, Placed>()
    for (const deed of deeds)
      for (const [name, records] of deed.sends) {
        const partition = partitions.get(name)
        if (partition === undefined) continue
        const sent = records.map((record) => placed(partition, deed, record))
        withinOperation(partition, sent, found)
        acrossOperations(partition, sent, lasts, found)
      }
  }
}

/** A send that is known to lie at a version. */
interface Placed {
  readonly deed: Deed
  readonly record: SentRecord
  readonly index: number
}

/** Where it lies by its own answer, else where it was seen, if only there. */
const placed = ({ order }: PartitionEvidence, deed: Deed, record: SentRecord): Placed | undefined => {
  const answered = record.offset === undefined ? undefined : order.indexAt(record.offset)
  if (answered !== undefined && order.versions[answered]?.claims[0].value === record.value)
    return { deed, record, index: answered }
  const offsets = order.offsetsOf(record.value)
  const offset = offsets.length === 1 ? offsets[0] : undefined
  const index = offset === undefined ? undefined : order.indexAt(offset)
  return index === undefined ? undefined : { deed, record: { ...record, offset: offset as number }, index }
}

const withinOperation = (partition: PartitionEvidence, sent: readonly (Placed | undefined)[], found: Found): void => {
  let before: Placed | undefined
  let isNext = false
  for (const one of sent) {
    if (before !== undefined && one !== undefined) {
      if (one.index <= before.index) found('int-nonmonotonic-send', backwards(partition, before, one))
      else if (isNext && one.index > before.index + 1) found('int-send-skip', skipping(partition, before, one), true)
    }
    // of one whose place nobody knows it cannot be said whether it lies between
    isNext = one !== undefined
    before = one ?? before
  }
}

/** Judges where an operation begins against `lasts`, the last of the operations before it. */
const acrossOperations = (
  partition: PartitionEvidence,
  sent: readonly (Placed | undefined)[],
  lasts: Map<string, Placed>,
  found: Found,
): void => {
  const [before, first, last] = [
    lasts.get(partition.name),
    sent.find((one) => one !== undefined),
    sent.findLast((one) => one !== undefined),
  ]
  if (first === undefined || last === undefined || first.deed.operation.outcome === 'failed') return
  if (before !== undefined && first.index <= before.index)
    found('nonmonotonic-send', backwards(partition, before, first))
  // an unknown one may come through long after those that follow it
  if (last.deed.operation.outcome === 'ok') lasts.set(partition.name, last)
}

const at = ({ record }: Placed): string => `${shown(record.value)} at ${record.offset}`

const operationsOf = (one: Placed, other: Placed) =>
  one.deed === other.deed ? [one.deed.operation] : [one.deed.operation, other.deed.operation]

const backwards =
  ({ name }: PartitionEvidence, before: Placed, next: Placed): Show =>
  () => ({
    operations: operationsOf(before, next),
    records: [before.record, next.record],
    what:
      `${named(next.deed.operation)} sent ${shown(next.record.value)} to ${name}, which lies at ${next.record.offset}, ` +
      `after ${at(before)}${before.deed === next.deed ? '' : ` of ${named(before.deed.operation)}`}`,
  })

const skipping =
  ({ name, order }: PartitionEvidence, before: Placed, next: Placed): Show =>
  () => {
    const between = order.versions.slice(before.index + 1, next.index)
    return {
      operations: operationsOf(before, next),
      records: [before.record, next.record],
      what:
        `${named(next.deed.operation)} sent ${at(before)} and ${at(next)} to ${name}, and between them lies ` +
        listed(between.map(({ offset, claims: [{ value }] }) => `${shown(value)} at ${offset}`)),
    }
  }
