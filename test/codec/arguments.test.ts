import { of } from 'rxjs'
import { expect, it } from 'vitest'
import { given, isStore, isTopic, refuseArgument } from '../../src/codec/arguments.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { stream } from '../../src/pipeline/stream.ts'

const orders = topic('orders', { key: text, value: text })
const sums = store('sums', { key: text, value: text })

it.each([
  [orders, "topic 'orders'"],
  [sums, "store 'sums'"],
  [stream(orders), 'a pipeline'],
  [of(1), 'an Observable (was an operator not called?)'],
  [{ brokers: [] }, 'an object { brokers }'],
  [{}, 'an empty object'],
  [Object.create(null), 'an object'],
  ['16', '"16"'],
  [null, 'null'],
])('names an argument: %s', (value: unknown, name) => expect(given(value)).toBe(name))

it('tells topics from stores, and both from anything else', () => {
  expect([orders, sums, { ...orders }, { name: 'orders' }, 'orders', null].map(isTopic)).toEqual([
    ...[true, false, true, false, false, false],
  ])
  expect([orders, sums, { name: 'orders' }].map(isStore)).toEqual([true, true, false])
})

it('refuses in one set of words', () => {
  expect(() => refuseArgument('to(…)', 'a topic', 7, 'make one')).toThrow(
    new TypeError('to(…) takes a topic, and not 7: make one'),
  )
})
