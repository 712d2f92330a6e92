import * as E from 'fp-ts/lib/Either.js'
import { type StreamRecord, task } from '../contracts/stream-record.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { differences, identityOf, type Leeway, tally, told } from './counted.ts'
import type { Expectation, Expected } from './expectations.ts'
import type { Evidence, RawRecord } from './simulation/evidence.ts'
import { hexOf } from './simulation/hex-of.ts'
import type { Violation } from './simulation/plan.ts'

type Records = readonly StreamRecord<unknown, unknown>[]
type Decoded = Readonly<Record<string, Records>>

/** What of `expectations` does not hold of what a run has left behind. */
export const judge = (
  expectations: readonly Expectation[],
  topics: readonly AnyTopic[],
  evidence: Evidence,
  atMs: number,
): readonly Violation[] => {
  const unreadable: Violation[] = []
  const decoded: Record<string, Records> = {}
  for (const topic of topics) {
    const records = evidence.topics.get(topic.name) ?? []
    decoded[topic.name] = records.flatMap((raw) => {
      const record = decode(topic, raw)
      if (E.isRight(record)) return [record.right]
      unreadable.push({ kind: 'unreadable', message: record.left, atMs })
      return []
    })
  }
  const broken = expectations.flatMap((expectation) => {
    const message = broke(expectation, decoded, evidence)
    return message === undefined ? [] : [{ kind: expectation._tag, message, atMs }]
  })
  return [...unreadable, ...broken]
}

const broke = (expectation: Expectation, decoded: Decoded, evidence: Evidence): string | undefined => {
  const { out } = expectation
  const records = decoded[out.name] ?? []
  switch (expectation._tag) {
    case 'neverEarly':
      return early(records, expectation.dueMs, evidence)
    case 'eventually':
      return expectation.holds(records)
        ? undefined
        : `'${out.name}' holds ${records.length} records in the end, and this is not so: ${expectation.what}`
    case 'ordered':
      return outOfOrder(out, expectation.model, decoded)
    default: {
      const seen = tally(out, records)
      const lines = differences(seen, tally(out, expectation.model(decoded)), leeways[expectation._tag])
      return lines.length === 0
        ? undefined
        : [`${expectation._tag}('${out.name}') does not hold:`, ...lines].join('\n  ')
    }
  }
}

const leeways: Readonly<Record<'exactlyOnce' | 'atLeastOnce' | 'atMostOnce' | 'noLoss', Leeway>> = {
  exactlyOnce: { mayMiss: false, mayRepeat: false, mayAdd: false },
  atLeastOnce: { mayMiss: false, mayRepeat: true, mayAdd: false },
  atMostOnce: { mayMiss: true, mayRepeat: false, mayAdd: false },
  noLoss: { mayMiss: false, mayRepeat: true, mayAdd: true },
}

/** Each task's outputs have to come in the model's order, key by key; those of several tasks may mingle. */
const outOfOrder = (
  out: AnyTopic,
  model: (input: Decoded) => readonly Expected<unknown, unknown>[],
  decoded: Decoded,
): string | undefined => {
  const seen = byKey(out, decoded[out.name] ?? [])
  const tasks = new Set(Object.values(decoded).flatMap((records) => records.map(({ partition }) => partition)))
  for (const partition of tasks) {
    const input: Record<string, Records> = {}
    for (const [name, records] of Object.entries(decoded))
      input[name] = records.filter((one) => one.partition === partition)
    for (const [key, expected] of byKey(out, model(input))) {
      const misplaced = firstMisplaced(expected, seen.get(key) ?? [])
      if (misplaced === undefined) continue
      const [before, after] = misplaced
      return `ordered('${out.name}') does not hold: ${told(after.record)} comes before ${told(before.record)}, and task ${partition} had them the other way round`
    }
  }
  return undefined
}

interface Named {
  readonly id: string
  readonly record: Expected<unknown, unknown>
}

const byKey = (
  topic: AnyTopic,
  records: readonly Expected<unknown, unknown>[],
): ReadonlyMap<string, readonly Named[]> =>
  Map.groupBy(
    records.map((record) => ({ id: identityOf(topic, record), record })),
    ({ record }) => hexOf(topic.key.encode(record.key)),
  )

/** Two neighbours of `expected` whose first occurrences in `seen` are the wrong way round; those that are missing do not count. */
const firstMisplaced = (expected: readonly Named[], seen: readonly Named[]): readonly [Named, Named] | undefined => {
  const first = new Map<string, number>()
  for (const [index, { id }] of seen.entries()) if (!first.has(id)) first.set(id, index)
  const present = [...new Map(expected.map((one) => [one.id, one])).values()].filter(({ id }) => first.has(id))
  for (let index = 1; index < present.length; index++) {
    const [before, after] = [present[index - 1] as Named, present[index] as Named]
    if ((first.get(before.id) ?? 0) > (first.get(after.id) ?? 0)) return [before, after]
  }
  return undefined
}

const early = (
  records: Records,
  dueMs: (record: StreamRecord<unknown, unknown>) => number,
  { appendedMs }: Evidence,
): string | undefined => {
  for (const record of records) {
    const [due, appended] = [dueMs(record), appendedMs(record)]
    if (appended < due)
      return `neverEarly('${record.topic}') does not hold: ${told(record)} (${record.id}) was due at ${due} and was there ${due - appended} ms before`
  }
  return undefined
}

const decode = (topic: AnyTopic, raw: RawRecord): E.Either<string, StreamRecord<unknown, unknown>> => {
  const key = topic.key.decode(raw.key)
  const value = topic.value.decode(raw.value)
  if (E.isLeft(key)) return E.left(`the key of ${raw.id} cannot be read: ${key.left.report.join('; ')}`)
  if (E.isLeft(value)) return E.left(`the value of ${raw.id} cannot be read: ${value.left.report.join('; ')}`)
  return E.right({ ...raw, key: key.right, value: value.right, [task]: undefined })
}
