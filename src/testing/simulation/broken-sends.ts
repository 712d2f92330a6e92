import { shown } from '../../codec/decode-error.ts'
import type { AnyTopic } from '../../contracts/topic.ts'
import { hexOf } from './hex-of.ts'
import type { PlannedRecord } from './plan.ts'

/**
 * What of the input that was acknowledged is not in its topic, or out of order. Of a key to which the application has
 * written as well, or of which a record was not acknowledged and is there all the same, the order is not known.
 */
export const brokenSends = (
  input: readonly PlannedRecord[],
  topics: readonly AnyTopic[],
  found: ReadonlyMap<string, readonly Raw[]>,
): readonly string[] => {
  const broken: string[] = []
  for (const topic of topics) {
    // what is deleted is gone
    if (Object.keys(topic.config).length > 0) continue
    const there = byKey(found.get(topic.name) ?? [])
    for (const [key, sent] of byKey(input.filter((record) => record.topic === topic.name))) {
      const what = wrong(sent, there.get(key) ?? [])
      if (what !== undefined) broken.push(`a send to '${topic.name}' was acknowledged, and ${what}`)
    }
  }
  return broken
}

type Raw = Pick<PlannedRecord, 'key' | 'value' | 'partition'>

const byKey = (records: readonly Raw[]): ReadonlyMap<string, readonly Raw[]> =>
  Map.groupBy(records, ({ key }) => hexOf(key))

const wrong = (sent: readonly Raw[], there: readonly Raw[]): string | undefined => {
  const [want, have] = [sent.map(({ value }) => hexOf(value)), there.map(({ value }) => hexOf(value))]
  const left = new Map<string, number>()
  for (const value of have) left.set(value, (left.get(value) ?? 0) + 1)
  for (const [at, value] of want.entries()) {
    const count = left.get(value) ?? 0
    if (count === 0) return `the record is not there: ${told(sent[at])}`
    left.set(value, count - 1)
  }
  // keyless records go to any partition, and some where they were told to
  const isScattered = sent[0]?.key === null || sent.some(({ partition }) => partition !== undefined)
  if (isScattered || have.length !== want.length) return undefined
  const at = want.findIndex((value, at) => value !== have[at])
  return at === -1
    ? undefined
    : `records of one key have changed places: ${told(there[at])} is before ${told(sent[at])}`
}

const told = (record: Raw | undefined): string => `${text(record?.key)} → ${text(record?.value)}`

const text = (bytes: Uint8Array | null | undefined): string =>
  bytes === null || bytes === undefined ? 'null' : shown(Buffer.from(bytes).toString())
