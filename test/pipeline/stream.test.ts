import { identity, map, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { branch } from '../../operators/branch.ts'
import { mapValue } from '../../operators/map-value.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { stream } from '../../src/pipeline/stream.ts'

const orders = topic('orders', { key: text, value: text })
const refunds = topic('refunds', { key: text, value: text })

describe('stream', () => {
  it('is its topics and operators, in order', () => {
    const [one, other] = [mapValue((value: string) => value), mapValue((value: string) => value)]
    const pipeline = stream(orders, refunds).pipe(one, other)
    expect(pipeline.topics).toEqual([orders, refunds])
    expect(pipeline.operators).toEqual([one, other])
  })

  it('is not changed by pipe, nor by anybody', () => {
    const begun = stream(orders)
    const longer = begun.pipe(identity)
    expect(begun.operators).toEqual([])
    expect(longer.pipe(identity).operators).toEqual([identity, identity])
    expect([longer, longer.topics, longer.operators].every(Object.isFrozen)).toBe(true)
  })

  it.each([
    ['no topics', () => stream(...([] as never)), 'stream() reads nothing: pass it a topic, or several'],
    ['a topic twice', () => stream(orders, refunds, orders), "stream(…) was given topic 'orders' twice"],
    ['a name twice', () => stream(orders, { ...orders }), "stream(…) was given topic 'orders' twice"],
    [
      'a name',
      () => stream('orders' as never),
      'argument 1 of stream(…) takes a topic, and not "orders": declare it once',
    ],
    ['nothing', () => stream(orders, undefined as never), 'argument 2 of stream(…) takes a topic, and not undefined'],
  ])('refuses %s', (_, build, message) => {
    expect(build).toThrow(message)
  })

  it.each([
    [
      'what is no function',
      () => stream(orders).pipe(identity, undefined as never),
      'argument 2 of pipe(…) takes an operator, and not undefined',
    ],
    [
      'an observable',
      () => stream(orders).pipe(of(1) as never),
      'argument 1 of pipe(…) takes an operator, and not an Observable (was an operator not called?)',
    ],
    ['an operator not yet called', () => stream(orders).pipe(map as never), 'answers a function and no Observable'],
    [
      'what throws when it is applied, in an arm too',
      () =>
        stream(orders).pipe(
          branch(() => 'a' as const, {
            a: () => {
              throw new Error('half-made arm')
            },
          }),
        ),
      'half-made arm',
    ],
  ])('refuses as operator %s', (_, build, message) => {
    expect(build).toThrow(message)
  })
})
