import '../../src/testing/vitest.ts'
import type nodeTest from 'node:test'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { float64, text, topic } from '../../src/index.ts'
import { arbitraryRecord, arbitraryRecords } from '../../src/testing/arbitraries/index.ts'
import { deliverySemantics, type History, type InputRecord, type TestRunner } from '../../src/testing/index.ts'
import { equal } from './equal.ts'

const words = topic('words', { key: text, value: text })
const sizes = topic('sizes', { key: text, value: float64 })
const [key, value] = [fc.string(), fc.nat()]

export const records = (): void => {
  const one = arbitraryRecord(sizes, { key, value })
  equal<typeof one, fc.Arbitrary<InputRecord<string, number>>>(true)
  // @ts-expect-error the topic holds text
  arbitraryRecord(words, { key, value })
  // @ts-expect-error keys are text
  arbitraryRecords(sizes, { key: value, value })
  // @ts-expect-error every record has a value
  arbitraryRecord(sizes, { key })
}

export const input = async (): Promise<void> => {
  const about = { app: () => undefined, topics: [sizes], expect: (): [] => [] } as const
  await deliverySemantics({ ...about, input: { sizes: arbitraryRecord(sizes, { key, value }) } })
  await deliverySemantics({ ...about, input: { sizes: arbitraryRecords(sizes, { key, value }) } })
  await deliverySemantics({
    ...about,
    input: { sizes: fc.record({ key, value, lateMs: fc.nat(), partition: fc.constant(0) }) },
  })
  // @ts-expect-error lateness is a number
  await deliverySemantics({ ...about, input: { sizes: fc.record({ key, value, lateMs: fc.string() }) } })
  // @ts-expect-error of a list, too, each record has to fit
  await deliverySemantics({ ...about, input: { sizes: fc.array(fc.record({ key, value: fc.string() })) } })
}

export const matchers = async (history: History, failing: Promise<void>): Promise<void> => {
  expect([]).toBeExactlyOnce(sizes, [{ key: 'a', value: 1 }])
  // @ts-expect-error the topic holds numbers
  expect([]).not.toBeAtLeastOnce(sizes, [{ key: 'a', value: '1' }])
  expect(history).toHaveNoAnomalies({ isReadToItsEnd: false })
  // @ts-expect-error there is no such option
  expect(history).toHaveNoAnomalies({ isRead: false })
  const broken = expect(failing).rejects.toBreak('exactlyOnce', sizes)
  equal<typeof broken, Promise<void>>(true)
  await broken
}

export const runners = (node: typeof nodeTest): readonly TestRunner[] => [{ describe, it }, node]
