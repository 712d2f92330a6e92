import type { Found } from '../found.ts'
import type { Deed } from '../history.ts'
import { changelog, keyIn, latest, scratch, written } from '../topics.ts'
import type { Anomaly } from './anomaly.ts'
import { type Places, placesOf, writingDeeds } from './writes.ts'

/** What an opening has found, after everything that was done `before`. */
export interface Seen {
  readonly found: Found
  readonly before: readonly Deed[]
}

/** What an opening has found stays, since whoever came then has seen it; and what was not there does not come back. */
export const otherThanSeen = ({ found: seen, before }: Seen, found: Found): Anomaly[] => [
  ...goneTopics(seen, found),
  ...otherRecords(seen, found),
  ...olderByKey(seen, found),
  ...behindSeen(seen, found),
  ...comeBack(before, { places: writtenIn(found), seen: writtenIn(seen) }),
]

const writtenIn = (found: Found): Places => placesOf(found, (topic) => written.has(topic))

const goneTopics = (seen: Found, found: Found): Anomaly[] =>
  [...seen.topics].flatMap(([topic, partitions]): Anomaly[] => {
    const there = found.topics.get(topic) ?? 0
    return there >= partitions || topic === scratch.name
      ? []
      : [{ law: 'topics', what: `${topic} had ${partitions} partitions when it was opened, and has ${there}` }]
  })

/** Those that lose records by their keys, or all of them with their topic, have laws of their own. */
const changing: ReadonlySet<string> = new Set([latest, changelog, scratch].map(({ name }) => name))

const otherRecords = (seen: Found, found: Found): Anomaly[] =>
  [...seen.logs].flatMap(([name, then]): Anomaly[] => {
    const now = found.logs.get(name)
    if (changing.has(then.topic) || now === undefined) return []
    const before = new Map(then.records.map(({ offset, value }) => [offset, value]))
    const there = new Map(now.records.map(({ offset, value }) => [offset, value]))
    const end = then.records.at(-1)?.offset ?? -1
    const gone = then.records.filter(({ offset, value }) => offset >= now.start && there.get(offset) !== value)
    const strange = now.records.filter(({ offset }) => offset <= end && offset >= then.start && !before.has(offset))
    return [
      ...(now.start < then.start
        ? [{ law: 'topics', what: `${name} began at ${then.start}, and begins at ${now.start}` } as const]
        : []),
      ...gone.map(({ offset, value }): Anomaly => {
        return { law: 'lost', what: `${value} was at ${offset} of ${name} when that was opened` }
      }),
      ...strange.map(({ offset, value }): Anomaly => {
        return { law: 'invented', what: `${value} is at ${offset} of ${name}, and was not when that was opened` }
      }),
    ]
  })

/** Of a key there is what was there, or something newer. */
const olderByKey = (seen: Found, found: Found): Anomaly[] => {
  const [then, now] = [seen, found].map(
    ({ logs }) => new Map((logs.get(`${latest.name}-0`)?.records ?? []).map((record) => [keyIn(record.value), record])),
  )
  return [...(then ?? [])].flatMap(([key, { offset, value }]): Anomaly[] => {
    const there = now?.get(key)
    return there !== undefined && (there.value === value || there.offset > offset)
      ? []
      : [{ law: 'lost', what: `key ${key} of ${latest.name} had ${value} when it was opened, and has ${there?.value}` }]
  })
}

const behindSeen = (seen: Found, found: Found): Anomaly[] =>
  [...seen.committed].flatMap(([group, positions]) =>
    [...positions].flatMap(([name, offset]): Anomaly[] => {
      const there = found.committed.get(group)?.get(name) ?? 0
      return there >= offset
        ? []
        : [{ law: 'lost', what: `group ${group} was at ${offset} in ${name} when it was opened, and is at ${there}` }]
    }),
  )

const comeBack = (
  before: readonly Deed[],
  { places, seen }: { readonly places: Places; readonly seen: Places },
): Anomaly[] =>
  writingDeeds(before)
    .flatMap(({ act }) => act.records)
    .filter(({ value }) => places.has(value) && !seen.has(value))
    .map(({ value, topic }): Anomaly => {
      return { law: 'invented', what: `${value} of ${topic} was gone when that was opened, and has come back` }
    })
