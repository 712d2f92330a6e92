import type { Found, Show } from './anomalies.ts'
import type { Deed, Evidence, Writing } from './evidence.ts'
import type { PolledRecord, Value } from './history.ts'
import { named, shown } from './naming.ts'

/**
 * Finds what was polled and is no committed record: of a failed operation (`G1a`), before its commit
 * (`precommitted-read`), or of nobody (`unwritten`, tolerated where not all who write are recorded).
 */
export const unsafeReads = ({ deeds, partitions }: Evidence, found: Found, areWritersRecorded: boolean): void => {
  for (const { name, readers, writers } of partitions.values())
    for (const [value, reader] of readers) {
      const writing = writers.get(value)
      if (writing === undefined) found('unwritten', unwritten(name, value, reader), !areWritersRecorded)
      else {
        const { outcome } = writing.deed.operation
        if (outcome === 'failed') found('G1a', aborted(name, writing, reader))
        if (isTooEarly(writing.deed, reader)) found('precommitted-read', tooEarly(name, writing, reader))
      }
    }
  for (const deed of deeds)
    for (const [name, sent] of deed.sends)
      for (const { value } of deed.polls.get(name) ?? [])
        if (sent.some((record) => record.value === value)) found('precommitted-read', ofItsOwn(name, value, deed))
}

/** From when on what it sent may be in the log for everybody. */
const committedFromMs = ({ operation: { did, invokedMs } }: Deed): number =>
  did._tag === 'transaction' ? (did.commitMs ?? invokedMs) : invokedMs

const isTooEarly = (writer: Deed, reader: Deed): boolean =>
  (reader.operation.completedMs ?? Number.POSITIVE_INFINITY) < committedFromMs(writer)

const recordsOf = ({ polls }: Deed, name: string, value: Value): readonly PolledRecord[] =>
  (polls.get(name) ?? []).filter((record) => record.value === value).slice(0, 1)

/** `r#4 (…) polled 'a' from t-0 at 3`. */
const reading = (name: string, value: Value, reader: Deed): string =>
  `${named(reader.operation)} polled ${shown(value)} from ${name} at ${recordsOf(reader, name, value)[0]?.offset}`

const unwritten =
  (name: string, value: Value, reader: Deed): Show =>
  () => ({
    operations: [reader.operation],
    records: recordsOf(reader, name, value),
    what: `${reading(name, value, reader)}, and nobody has sent that`,
  })

const aborted =
  (name: string, { deed, record: { value } }: Writing, reader: Deed): Show =>
  () => ({
    operations: [deed.operation, reader.operation],
    records: recordsOf(reader, name, value),
    what: `${reading(name, value, reader)}, sent by ${named(deed.operation)}`,
  })

const tooEarly =
  (name: string, { deed, record: { value } }: Writing, reader: Deed): Show =>
  () => ({
    operations: [deed.operation, reader.operation],
    records: recordsOf(reader, name, value),
    what: `${reading(name, value, reader)}, which ${named(deed.operation)} began to commit at ${committedFromMs(deed)} ms`,
  })

const ofItsOwn =
  (name: string, value: Value, deed: Deed): Show =>
  () => ({
    operations: [deed.operation],
    records: recordsOf(deed, name, value),
    what: `${reading(name, value, deed)}, which it had sent itself`,
  })
