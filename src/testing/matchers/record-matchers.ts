import { given, refuseArgument, requireTopic } from '../../codec/arguments.ts'
import type { Position } from '../../contracts/position.ts'
import { type AnyRecord, task } from '../../contracts/stream-record.ts'
import type { AnyTopic } from '../../contracts/topic.ts'
import { arrivalMs } from '../arrivals.ts'
import { type Expect, type Expected, expectation } from '../expectations.ts'
import { judge } from '../judge.ts'
import type { RawRecord } from '../simulation/evidence.ts'
import { type MatcherResult, matcherResult } from './matcher-result.ts'

type Word = keyof Pick<Expect<unknown>, 'exactlyOnce' | 'atLeastOnce' | 'atMostOnce' | 'noLoss' | 'ordered'>
type Records = readonly Expected<unknown, unknown>[]

/** Judges the records of a topic by one of the words of {@link Expect}, whose message is the matcher's. */
const recordMatcher =
  (name: string, word: Word, not: string) =>
  (received: unknown, topic: AnyTopic, expected: Records): MatcherResult => {
    const call = `expect(…).${name}(…)`
    requireTopic(call, topic)
    requireRecords(call, 'records', received, `write expect(test.records(${topic.name}))`)
    requireRecords(call, 'the records that are expected', expected, `write ${name}(${topic.name}, [{ key, value }])`)
    const promised = expectation<never>()[word](topic, () => expected)
    const records = received.map((record, index) => rawRecord(topic, record, index))
    const evidence = { topics: new Map([[topic.name, records]]), appendedMs: () => 0 }
    const [violation] = judge([promised], [topic], evidence, 0)
    return matcherResult(violation?.message, `'${topic.name}' holds ${not}, and that was not to be`)
  }

/** Nothing is missing, there twice, or there besides; the order is not looked at. */
export const toBeExactlyOnce: ReturnType<typeof recordMatcher> = recordMatcher(
  'toBeExactlyOnce',
  'exactlyOnce',
  'exactly what was expected',
)
export const toBeAtLeastOnce: ReturnType<typeof recordMatcher> = recordMatcher(
  'toBeAtLeastOnce',
  'atLeastOnce',
  'all that was expected, and nothing besides',
)
export const toBeAtMostOnce: ReturnType<typeof recordMatcher> = recordMatcher(
  'toBeAtMostOnce',
  'atMostOnce',
  'nothing twice, and nothing that was not expected',
)
export const toHaveNoLoss: ReturnType<typeof recordMatcher> = recordMatcher(
  'toHaveNoLoss',
  'noLoss',
  'all that was expected',
)
export const toBeOrdered: ReturnType<typeof recordMatcher> = recordMatcher(
  'toBeOrdered',
  'ordered',
  'what was expected in that order, key by key',
)

/** No record came to lie in the topic before its time, as far as the world knows in which it was read. */
export const toBeNeverEarly = (
  received: unknown,
  topic: AnyTopic,
  dueMs: (record: AnyRecord) => number,
): MatcherResult => {
  const call = 'expect(…).toBeNeverEarly(…)'
  requireTopic(call, topic)
  requireRecords(call, 'records', received, `write expect(test.records(${topic.name}))`)
  const promised = expectation<never>().neverEarly(topic, dueMs)
  const records = received.map((record, index) => rawRecord(topic, record, index))
  const arrivals = new Map(records.map((raw, index) => [partitionOffset(raw), arrivalOf(topic, received[index])]))
  const appendedMs = (record: Position) => arrivals.get(partitionOffset(record)) ?? 0
  const [violation] = judge([promised], [topic], { topics: new Map([[topic.name, records]]), appendedMs }, 0)
  return matcherResult(violation?.message, `no record of '${topic.name}' came before its time, and one was to`)
}

const partitionOffset = ({ partition, offset }: Position): string => `${partition} ${offset}`

const arrivalOf = ({ name, config }: AnyTopic, record: unknown): number => {
  const { timestamp, ...of } = record as Partial<AnyRecord>
  const ms =
    arrivalMs(record as AnyRecord) ?? (config['message.timestamp.type'] === 'LogAppendTime' ? timestamp : undefined)
  if (ms !== undefined) return ms
  throw new TypeError(
    `expect(…).toBeNeverEarly(…): it is not known when ${of.id ?? given(record)} came to lie in '${name}': give the records as test.records(…) or sim.records(…) answers them, or those of a topic with 'message.timestamp.type': 'LogAppendTime'`,
  )
}

function requireRecords(call: string, takes: string, value: unknown, wayOut: string): asserts value is Records {
  if (!Array.isArray(value)) refuseArgument(call, takes, value, wayOut)
  const odd = (value as readonly unknown[]).find((record) => typeof record !== 'object' || record === null)
  if (odd !== undefined) refuseArgument(call, takes, odd, wayOut)
}

/** A record as it would lie in the topic. */
const rawRecord = (
  topic: AnyTopic,
  record: Expected<unknown, unknown> & Partial<Omit<RawRecord, 'key' | 'value'>>,
  index: number,
): RawRecord => {
  const { partition = 0, offset = index } = record
  return {
    topic: topic.name,
    partition,
    offset,
    id: record.id ?? `${topic.name}-${partition}-${offset}`,
    timestamp: record.timestamp ?? 0,
    headers: record.headers ?? new Map(),
    key: topic.key.encode(record.key),
    value: topic.value.encode(record.value),
    [task]: undefined,
  }
}
