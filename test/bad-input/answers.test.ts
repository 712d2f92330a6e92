import * as t from 'io-ts'
import { lastValueFrom, map, type OperatorFunction, of } from 'rxjs'
import { expect, it } from 'vitest'
import { branch } from '../../operators/branch.ts'
import { filterRecord } from '../../operators/filter-record.ts'
import { filterValue } from '../../operators/filter-value.ts'
import { flatMapValue } from '../../operators/flat-map-value.ts'
import { mapRecord } from '../../operators/map-record.ts'
import { mapValue } from '../../operators/map-value.ts'
import { rekey } from '../../operators/rekey.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { type StreamRecord, store, text, topic } from '../../src/index.ts'
import { failOnUnheardErrors } from '../support/bad-input.ts'
import { recordOf } from '../support/records.ts'

failOnUnheardErrors()

// What a function given to an operator answers, and no operator can use: it fails its record, by name.

type Operator = OperatorFunction<StreamRecord<string, number>, unknown>
const record = recordOf(7)
const totals = topic('totals', { key: text, value: t.type({ sum: t.number }) })
const sums = store('sums', { key: text, value: t.unknown })
const late = (): Promise<never> => Promise.reject(new Error('nobody waits for this'))
const untyped = (answer: unknown) => () => answer as never

const answers: readonly (readonly [string, () => Operator, readonly string[]])[] = [
  ['mapRecord, nothing', () => mapRecord(untyped(undefined)), ['mapRecord answered undefined', '{ ...record, value }']],
  ['mapRecord, a promise', () => mapRecord(late as never), ['mapRecord answered a promise', 'mapAsync']],
  ['filterValue, a promise', () => filterValue(late as never), ['filterValue answered a promise', 'mapAsync']],
  ['filterRecord, a promise', () => filterRecord(late as never), ['filterRecord answered a promise', 'mapAsync']],
  ['flatMapValue, nothing', () => flatMapValue(untyped(undefined)), ['flatMapValue answered undefined', '[] for none']],
  ['flatMapValue, a promise', () => flatMapValue(late as never), ['flatMapValue answered a promise', 'mapAsync']],
  [
    'branch, a promise',
    () => branch(late as never, { a: map((r) => r) }),
    ['branch answered a promise', 'the arms are a'],
  ],
]

it.each(answers)('%s', async (_what, make, says) => {
  const error: unknown = await lastValueFrom(of(record).pipe(make())).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(TypeError)
  for (const words of [`for record '${record.id}'`, ...says]) expect((error as Error).message).toContain(words)
})

const left: readonly (readonly [string, () => Operator, readonly string[]])[] = [
  [
    'a value',
    () => (source) =>
      source.pipe(
        mapValue(() => ({ sum: late() as never })),
        to(totals),
      ),
    ['sum: expected number, got a promise', 'await it, or use mapAsync'],
  ],
  [
    'a key',
    () => (source) =>
      source.pipe(
        rekey(late as unknown as () => string),
        mapValue(() => ({ sum: 1 })),
        to(totals),
      ),
    ['text cannot write a promise (await it, or use mapAsync)'],
  ],
  [
    'a state of any kind',
    () => scanByKey(sums, {}, (_state, value) => ({ value, when: late() })),
    ['JSON has no word for a promise (await it, or use mapAsync) (at when)'],
  ],
]

it.each(left)('a promise that was left in %s fails the record where it is to be written', async (_what, make, says) => {
  const error: unknown = await lastValueFrom(of(record).pipe(make())).catch((reason: unknown) => reason)
  for (const words of says) expect((error as Error).message).toContain(words)
})

it.each([
  ['undefined', map(() => undefined)],
  ['a number', map((r: StreamRecord<string, number>) => r.value)],
])('%s in place of a record is refused where it is written', async (shown, operator) => {
  const lost = of(record).pipe(operator as Operator, to(totals) as OperatorFunction<unknown, unknown>)
  await expect(lastValueFrom(lost)).rejects.toThrow(`topic 'totals' got ${shown}, which is no record`)
})
