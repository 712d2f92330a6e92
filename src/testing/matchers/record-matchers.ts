import { refuseArgument, requireTopic } from '../../codec/arguments.ts'
import { task } from '../../contracts/stream-record.ts'
import type { AnyTopic } from '../../contracts/topic.ts'
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
