import { describe, expect, expectTypeOf, it } from 'vitest'
import { inBatches } from '../../operators/in-batches.ts'
import { deadLetters } from '../../src/codec/dead-letters.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import { deadLetter, deadLetterKey } from '../../src/pipeline/dead-letter-policy.ts'
import type { OnError } from '../../src/pipeline/on-error.ts'
import { settingsOf } from '../../src/pipeline/options.ts'
import { type RetryLaterOptions, retryLater } from '../../src/pipeline/retry-later.ts'
import { EmbeddedWorld } from './embedded-world.ts'

/** As a program without types hands it over. */
const untyped = (value: unknown): never => value as never

const dead = deadLetters('dead')
const good: RetryLaterOptions = { tiers: ['5s', '1m'], exhausted: deadLetter(dead) }

describe('retryLater', () => {
  it('answers a policy with its defaults', () => {
    expect(retryLater(good)).toMatchObject({
      _tag: 'RetryLater',
      tiers: [
        { name: '5s', waitMs: 5_000 },
        { name: '1m', waitMs: 60_000 },
      ],
      ordered: false,
      jitter: 0.1,
      maxParkedPerKey: 1_000,
      maxParked: 10_000,
    })
    expect(retryLater(good).retryIf(new Error('any'), untyped(undefined))).toBe(true)
  })

  it.each<readonly [Record<string, unknown>, string]>([
    [{ tiers: [] }, "tiers is a list of times, as in ['5s', '1m', '30m']"],
    [{ tiers: '5s' }, 'tiers is a list of times'],
    [{ tiers: ['5 s'] }, "takes a time: '250ms', '30s'"],
    [{ tiers: ['0s'] }, 'a tier is 1ms to 730d, in whole milliseconds'],
    [{ tiers: ['1000d'] }, 'a tier is 1ms to 730d'],
    [{ ordered: 'yes' }, 'ordered is true or false, and not'],
    [{ exhausted: 'skip' }, "deadLetter(topic), deadLetterKey(topic) or 'halt', and not"],
    [{ exhausted: undefined }, 'exhausted is what becomes of a record that goes on failing'],
    [{ exhausted: deadLetterKey(dead) }, 'that takes ordered: true'],
    [{ retryIf: true }, 'retryIf is a function'],
    [{ jitter: 2 }, 'jitter is a part of the wait, from 0 to 1, and not 2'],
    [{ maxParkedPerKey: 0 }, 'maxParkedPerKey is a whole number of at least 1'],
    [{ maxParked: 1.5 }, 'maxParked is a whole number of at least 1'],
    [{ tries: 3 }, "there is no option 'tries'"],
  ])('refuses %j by name', (bad, message) => {
    expect(() => retryLater(untyped({ ...good, ...bad }))).toThrow(TypeError)
    expect(() => retryLater(untyped({ ...good, ...bad }))).toThrow(message)
  })
})

describe('a run', () => {
  it('takes it by itself, among listed policies, and nowhere else', () => {
    const policy = retryLater(good)
    const takes = (onError: unknown): void => void settingsOf('p', untyped({ onError }))
    takes(policy)
    takes({ policies: ['halt', policy], choose: () => policy })
    expect(() => takes(retryLater)).toThrow('the function retryLater, which was not called')
    expect(() => takes(deadLetterKey(dead))).toThrow(
      'write retryLater({ tiers, ordered: true, exhausted: deadLetterKey(topic) })',
    )
    const givesUpKeys = (name: string) =>
      retryLater({ ...good, ordered: true, exhausted: deadLetterKey(deadLetters(name)) })
    takes({ policies: [givesUpKeys('dead'), givesUpKeys('dead'), policy], choose: () => policy })
    expect(() => takes({ policies: [givesUpKeys('dead'), givesUpKeys('gone')], choose: () => policy })).toThrow(
      "onError gives keys up to 'dead' and to 'gone'",
    )
    expect(() => settingsOf('p', { onError: policy, guarantee: 'at-most-once' })).toThrow(
      "retryLater(…) does not go with guarantee 'at-most-once'",
    )
    settingsOf('p', { onError: policy, guarantee: 'at-least-once' })
    expect(() =>
      settingsOf('p', { onError: retryLater({ ...good, ordered: true }), guarantee: 'at-least-once' }),
    ).toThrow("retryLater({ ordered: true, … }) does not go with guarantee 'at-least-once'")
  })

  it('refuses order above inBatches by name, and not what keeps none', async () => {
    const input = topic('in', { key: text, value: int32 })
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input, dead], 1)
    const pipeline = { topics: [input], operators: [inBatches(() => undefined)] }
    const run = (ordered: boolean) => world.run('p', pipeline, { onError: retryLater({ ...good, ordered }) })
    await expect(run(true)).rejects.toThrow("pipeline 'p' keeps keys in order")
    const running = await run(false)
    await world.while(running.stop())
  })

  it('is refused by name where records still wait in order that another guarantee could lose', async () => {
    const input = topic('in', { key: text, value: int32 })
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input, dead], 1)
    const pipeline = { topics: [input], operators: [] }
    const first = await world.run('p', pipeline, { onError: retryLater({ ...good, ordered: true }) })
    await world.while(first.stop())
    await expect(world.run('p', pipeline, { guarantee: 'at-least-once' })).rejects.toThrow(
      "pipeline 'p' has topics of records",
    )
    const second = await world.run('p', pipeline)
    await world.while(second.stop())
  })

  it('infers what its retryIf gets', () => {
    type R = StreamRecord<string, { readonly cents: number }>
    const onError: OnError<R> = retryLater({
      ...good,
      retryIf: (error, record) => {
        expectTypeOf(error).toEqualTypeOf<unknown>()
        return record !== undefined
      },
    })
    const typed: OnError<R> = retryLater<R>({ ...good, retryIf: (_error, record) => record.value.cents > 0 })
    expect([onError, typed].length).toBe(2)
  })
})
