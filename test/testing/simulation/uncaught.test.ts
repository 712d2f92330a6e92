import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapValue, to } from '../../../operators/index.ts'
import { type Millrace, stream, text, topic } from '../../../src/index.ts'
import { DeliveryError } from '../../../src/testing/delivery-error.ts'
import { deliverySemantics } from '../../../src/testing/delivery-semantics.ts'
import { simulate } from '../../../src/testing/simulate.ts'
import { testPipeline } from '../../../src/testing/test-pipeline.ts'
import { OutsideWorld } from '../../../src/testing/virtual-globals/outside-world.ts'
import { uncaughtHeard } from '../virtual-globals/uncaught-heard.ts'

const words = topic('words', { key: text, value: text })
const loud = topic('loud', { key: text, value: text })

const fail = () => {
  throw new Error('boom')
}
const ways: readonly (readonly [string, () => void])[] = [
  ['a microtask', () => queueMicrotask(fail)],
  ['a tick', () => process.nextTick(fail)],
  ['a promise that nobody waits for', () => void (async () => fail())()],
]

const shouting = (once: (word: string) => void) =>
  stream(words).pipe(
    mapValue((word) => {
      once(word)
      return `${word}!`
    }),
    to(loud),
  )

describe.each(ways)('a program that throws in %s', (_, fails) => {
  it('ends, and is started anew; others go on, and nobody outside hears of it', async () => {
    let isToFail = true
    const starts: string[] = []
    const shout = (name: string, millrace: Millrace, once: () => void) => {
      starts.push(name)
      return millrace.run(name, shouting(once))
    }
    const heard = await uncaughtHeard(() =>
      simulate(async (sim) => {
        await sim.create(words, loud)
        sim.start('sound', (millrace) => shout('sound', millrace, () => {}))
        sim.start('failing', (millrace) =>
          shout('failing', millrace, () => {
            if (isToFail) fails()
            isToFail = false
          }),
        )
        await sim.send(words, [{ key: 'a', value: 'x' }])
        await sim.drained()
        expect((await sim.records(loud)).map(({ value }) => value)).toEqual(['x!', 'x!'])
      }),
    )
    expect(starts.sort()).toEqual(['failing', 'failing', 'sound'])
    expect(heard).toEqual([])
  })

  it('ends a test of its pipeline', async () => {
    const heard = await uncaughtHeard(async () => {
      const test = await testPipeline(shouting(fails))
      await expect(test.send(words, [{ key: 'a', value: 'x' }])).rejects.toThrow('boom')
    })
    expect(heard).toEqual([])
  })
})

it('a program that always throws where nobody catches it is told of by name', async () => {
  const heard = await uncaughtHeard(async () => {
    const failure = await deliverySemantics({
      app: (millrace) =>
        millrace.run(
          'shout',
          shouting(() => void (async () => fail())()),
        ),
      topics: [words, loud],
      input: { words: fc.constant({ key: 'a', value: 'x' }) },
      faults: 'calm',
      instances: 1,
      runs: 3,
      seed: 1,
      shrink: false,
      expect: (e) => e.noLoss(loud, ({ words }) => words),
    }).catch((error: unknown) => error)
    if (!(failure instanceof DeliveryError)) throw failure
    expect(failure.message).toContain('app-1 has ended with: boom')
    expect(failure.message).toMatch(/● app-1 +ends: boom/)
  })
  expect(heard).toEqual([])
})

describe('a call that the simulation refuses, where nobody waits for it,', () => {
  const ask = () => void (async () => fetch('http://localhost'))()

  it.each([
    [
      'simulate',
      () =>
        simulate(async (sim) => {
          await sim.create(words, loud)
          sim.start('app', (millrace) => millrace.run('shout', shouting(ask)))
          await sim.send(words, [{ key: 'a', value: 'x' }])
          await sim.drained()
        }),
    ],
    ['testPipeline', () => testPipeline(shouting(ask), { input: { words: [{ key: 'a', value: 'x' }] } })],
    [
      'deliverySemantics',
      () =>
        deliverySemantics({
          app: ask,
          topics: [words, loud],
          input: {},
          expect: (e) => e.noLoss(loud, ({ words }) => words),
        }),
    ],
  ])('is told by %s alone', async (_, run) => {
    const heard = await uncaughtHeard(() => expect(run()).rejects.toBeInstanceOf(OutsideWorld))
    expect(heard).toEqual([])
  })
})
