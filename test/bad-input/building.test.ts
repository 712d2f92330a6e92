import * as t from 'io-ts'
import { filter, map } from 'rxjs'
import { expect, it } from 'vitest'
import * as operators from '../../operators/index.ts'
import { bytes, codec, deadLetters, json, nullable, store, stream, text, topic } from '../../src/index.ts'
import { untyped } from '../support/untyped.ts'

// Descriptions as a program without types may make them: what is wrong is said while they are made, with the way out.

const orders = topic('orders', { key: text, value: text })
const sums = store('sums', { key: text, value: t.number })
const nothing = () => undefined
const scope: Readonly<Record<string, unknown>> = {
  ...operators,
  ...{ bytes, codec, deadLetters, filter, json, map, nothing, nullable, orders, store, stream, sums, t, text, topic },
}

it.each([
  [`topic()`, `undefined cannot name a topic: it is no string`],
  [`topic({ name: 'orders' })`, `an object { name } cannot name a topic`],
  [`topic('orders')`, `topic('orders', …): options are an object, as in { key, value }, and not undefined`],
  [`topic('orders', { value: text })`, `the key of topic 'orders': undefined is no schema`],
  [`topic('orders', { key: text, value: { type: 'object' } })`, `an object { type } is no schema`],
  [`topic('orders', { key: text, value: text, numPartitions: 3 })`, `did you mean partitions?`],
  [`topic('orders', { key: text, value: text, partitions: '4' })`, `takes 1 to 10000 partitions, and not "4"`],
  [
    `topic('orders', { key: text, value: text, config: 'compact' })`,
    `config is an object, as in { 'retention.ms': -1 }`,
  ],
  [`store('sums')`, `store('sums', …): options are an object, as in { key, value }, and not undefined`],
  [`store('sums', { key: text, value: text, seed: 0 })`, `there is no option 'seed'; there are key, value`],
  [`deadLetters('dead', { key: text })`, `there is no option 'key'; there are partitions, config`],
  [`json(text)`, `a codec is no schema: use it as it is, without json(…)`],
  [`nullable('text')`, `nullable(…) takes a codec, and not "text": write nullable(text), or nullable(json(schema))`],
  [`nullable(t.string)`, `nullable(…) takes a codec, and not an object`],
  [
    `codec(nothing, nothing)`,
    `codec(…): options are an object, as in { encode, decode }, and not the function nothing`,
  ],
  [`stream()`, `stream() reads nothing: pass it a topic, or several`],
  [`stream('orders')`, `argument 1 of stream(…) takes a topic, and not "orders"`],
  [`stream([orders])`, `and not an array of 1: pass topics one by one`],
  [`stream(sums)`, `and not store 'sums'`],
  [`stream(orders).pipe(orders)`, `argument 1 of pipe(…) takes an operator, and not topic 'orders'`],
  [`stream(orders).pipe(map)`, `or one that was not called yet`],
  [`stream(orders).pipe((record) => record.value)`, `a function of records goes into mapRecord`],
  [`stream(orders).pipe(to)`, `to(…) takes a topic, and not an Observable (was an operator not called?)`],
  [`to('orders')`, `to(…) takes a topic, and not "orders"`],
  [`to(sums)`, `to(…) takes a topic, and not store 'sums'`],
  [`isFrom('orders')`, `isFrom(…) takes a topic, and not "orders"`],
  [`mapValue('total')`, `mapValue(…) takes a function of the value, and not "total": write mapValue((value) => …)`],
  [`mapRecord()`, `mapRecord(…) takes a function of the record, and not undefined`],
  [`mapAsync()`, `mapAsync(…) takes an async function of the value`],
  [`attempt()`, `attempt(…) takes a function of the value`],
  [`filterValue(true)`, `filterValue(…) takes a function of the value, and not true`],
  [`filterRecord()`, `filterRecord(…) takes a function of the record`],
  [`flatMapValue('items')`, `flatMapValue(…) takes a function of the value, and not "items"`],
  [`rekey('id')`, `rekey(…) takes a function of the record, and not "id"`],
  [`tapEach()`, `tapEach(…) takes a function of the record`],
  [`perRecord()`, `perRecord(…) takes an operator, and not undefined`],
  [`stream(orders).pipe(perRecord(filter))`, `perRecord(…) takes an operator, and its answers a function: call it`],
  [`inBatches(nothing, 100)`, `inBatches(…): options are an object, as in { maxRecords }, and not 100`],
  [`inBatches({ maxRecords: 100 }, nothing)`, `takes a function of records, and not an object { maxRecords }`],
  [`scanByKey('sums', 0, nothing)`, `scanByKey(…) takes a store first, and not "sums": make one with store('sums'`],
  [`scanByKey(orders, 0, nothing)`, `and not topic 'orders'`],
  [`scanByKey(sums, nothing)`, `scanByKey('sums', …) takes a seed and a function, and not undefined`],
  [`scanByKey(sums, nothing, nothing)`, `the seed of store 'sums' is none of its values`],
  [`branch('kind', {})`, `branch(…) takes a function that names an arm, and not "kind"`],
  [`branch(nothing)`, `branch(…) takes arms by name, and not undefined`],
  [`branch(nothing, { card: orders })`, `branch(…) takes an operator as arm 'card', and not topic 'orders'`],
  [
    `stream(orders).pipe(branch(nothing, { card: () => {} }))`,
    `the arm 'card' of branch(…) answered undefined and no stream`,
  ],
  [
    `stream(orders).pipe(branch(nothing, { card: lefts }))`,
    `answered a function and no stream: write card: (s) => s.pipe(…)`,
  ],
])('%s', (call, says) => {
  expect(() => untyped(call, scope)).toThrow(says)
})
