import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterValue, mapValue, to } from '../../operators/index.ts'
import { type AnyTopic, stream, text, topic } from '../../src/index.ts'
import { DeliveryError, type DeliverySemantics, deliverySemantics } from '../../src/testing/index.ts'
import { planOf } from '../../src/testing/simulation/replay.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const words = topic('words', { key: text, value: text, partitions: 2 })
const loud = topic('loud', { key: text, value: text, partitions: 2 })

const input = { words: fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.nat(99).map(String) }) }

const shout = stream(words).pipe(
  mapValue((word) => `${word}!`),
  to(loud),
)

const failureOf = async (run: Promise<unknown>): Promise<DeliveryError> => {
  try {
    await run
  } catch (error) {
    if (error instanceof DeliveryError) return error
    throw error
  }
  throw new Error('nothing was found')
}

describe('deliverySemantics', () => {
  it('finds nothing in a pipeline that does what is promised of it', async () => {
    const report = await deliverySemantics({
      app: (millrace) => millrace.run('shout', shout),
      topics: [words, loud],
      input,
      runs: 15,
      seed: 3,
      expect: (e) => [
        e.exactlyOnce(loud, ({ words }) => words.map(({ key, value }) => ({ key, value: `${value}!` }))),
        e.ordered(loud, ({ words }) => words.map(({ key, value }) => ({ key, value: `${value}!` }))),
        e.noLoss(loud, ({ words }) => words.map(({ key, value }) => ({ key, value: `${value}!` }))),
        e.eventually(loud, 'everything is loud', (records) => records.every(({ value }) => value.endsWith('!'))),
      ],
    })
    expect(report.runs).toBe(15)
  })

  it('lets a consumer by hand have its partitions before it judges, although two before it have died while they joined', async () => {
    const payments = topic('payments', { key: text, value: text, partitions: 3 })
    const ledger = topic('ledger', { key: text, value: text, partitions: 3 })
    const report = await deliverySemantics({
      app: async (millrace) => {
        const consumer = await millrace.consumer({ topics: [payments], group: 'ledger' })
        for (;;) {
          const records = await consumer.poll()
          if (records.length > 0) await millrace.send(ledger, records)
          await consumer.commit()
        }
      },
      topics: [payments, ledger],
      input: {},
      expect: (e) => e.atLeastOnce(ledger, ({ payments }) => payments),
      replay:
        'mr1:hY4xCoNAEEXv8usJqMGYDFjkADZpQhCLxYxJQNdlZ4QE8e5hT2D3is97f4WKPMHnIj9Vx-JCMBcE3HaEflzUJILXjfDxYTFw2yK43yTeFITH_fYGobnWNSjrOsLgltEU3K7wbhIwQpx7UT300WkaO2sUfCQMc0xUZqkZX2LgjCBfE59wox1FWe07unRczfleFJxvfw',
    })
    expect(report.runs).toBe(1)
  })

  const forgetful = (more: { readonly seed?: number; readonly replay?: string; readonly diagram?: string } = {}) =>
    deliverySemantics({
      app: (millrace) =>
        millrace.run(
          'shout',
          stream(words).pipe(
            filterValue((word) => !word.includes('7')),
            to(loud),
          ),
        ),
      topics: [words, loud],
      input,
      runs: 50,
      faults: 'calm',
      ...more,
      expect: (e) => e.exactlyOnce(loud, ({ words }) => words.map(({ key, value }) => ({ key, value }))),
    })

  it('makes what it finds small, and says how to see it again', async () => {
    const found = await failureOf(forgetful({ seed: 1 }))
    expect(found.message).toMatch(
      /^exactlyOnce\('loud'\) does not hold:\n {2}lost: "[abc]" → "\d*7\d*" \(there 0×, expected 1×\)/,
    )
    expect(found.message).toMatch(/\(seed 1\), made smaller \d+ times?: 1 record, 0 faults, 1 instance/)
    expect(found.message).toContain(found.replay)
    const again = await failureOf(forgetful({ replay: found.replay }))
    expect(again.outcome.hash).toBe(found.outcome.hash)
    expect(again.outcome.violations).toEqual(found.outcome.violations)
  })

  it('tells the story of what it finds, and draws it where asked', async () => {
    const diagram = join(temporaryDirectory(), 'found.html')
    const found = await failureOf(forgetful({ seed: 1, diagram }))
    expect(found.message).toMatch(/ app-1 +reads 1 record of words-\d, 0 to 0\n/)
    expect(found.message).toContain(`drawn in ${diagram}`)
    const page = readFileSync(diagram, 'utf8')
    expect(page).toContain('A promise that was not kept')
    expect(page).toContain(found.replay)
  })

  it('finds a program that keeps state beside its stores, once it is killed', async () => {
    const counted = topic('counted', { key: text, value: text })
    const found = await failureOf(
      deliverySemantics({
        app: (millrace) => {
          const seen = new Set<string>()
          return millrace.run(
            'distinct',
            stream(words).pipe(
              filterValue((word) => {
                const isNew = !seen.has(word)
                seen.add(word)
                return isNew
              }),
              to(counted),
            ),
          )
        },
        topics: [words, counted],
        input: { words: fc.record({ key: fc.constant('a'), value: fc.constantFrom('x', 'y') }) },
        faults: ['process-crash'],
        instances: 1,
        lengthMs: 2_000,
        runs: 100,
        seed: 5,
        shrink: false,
        expect: (e) =>
          e.exactlyOnce(counted, ({ words }) =>
            [...new Set(words.map(({ value }) => value))].map((value) => ({ key: 'a', value })),
          ),
      }),
    )
    expect(found.message).toMatch(/repeated: "a" → "[xy]"/)
    expect(found.message).toMatch(/\d faults?, 1 instance/)
  })

  it('brings faults as often and as badly as is asked for, and needs nothing of that to replay them', async () => {
    const shouting = (more: Pick<DeliverySemantics<readonly AnyTopic[]>, 'faults' | 'replay'>) =>
      deliverySemantics({
        app: (millrace) => millrace.run('shout', shout, { guarantee: 'at-least-once' }),
        topics: [words, loud],
        input,
        instances: 1,
        lengthMs: 2_000,
        runs: 40,
        seed: 7,
        shrink: false,
        ...more,
        expect: (e) => e.exactlyOnce(loud, ({ words }) => words.map(({ key, value }) => ({ key, value: `${value}!` }))),
      })
    const found = await failureOf(
      shouting({ faults: { 'process-crash': 12, delay: { times: 2, severity: 0.4, forMs: 1_500 } } }),
    )
    expect(found.message).toMatch(/^exactlyOnce\('loud'\) does not hold:\n {2}repeated: /)
    const { faults } = planOf(found.replay)
    const delays = faults.filter(({ name }) => name === 'delay')
    expect(delays.map(({ extent, forMs }) => ({ extent, forMs }))).toEqual(
      delays.map(() => ({ extent: 0.4, forMs: 1_500 })),
    )
    expect([1, 2]).toContain(delays.length)
    const again = await failureOf(shouting({ faults: 'calm', replay: found.replay }))
    expect(again.outcome.hash).toBe(found.outcome.hash)
  })

  it.each([
    [{ faults: ['gremlins'] }, /there is no fault 'gremlins'\. There are the presets calm, rough, jepsen, and: /],
    [{ input: { orders: input.words } }, /input names 'orders', which is none of the topics: words, loud/],
    [{ app: 'shout' }, /app is a function of a connection, and not "shout"/],
    [{ expect: () => [] }, /expect promises nothing/],
    [{ expect: () => 7 }, /expect answers 7, which promises nothing: write \(e\) => e\.exactlyOnce\(…\)/],
    [
      { expect: (e: { noLoss: (out: string) => unknown }) => e.noLoss('loud') },
      /noLoss\(…\) takes a topic, and not "loud"/,
    ],
    [
      { expect: (e: { ordered: (out: typeof loud) => unknown }) => e.ordered(loud) },
      /ordered\('loud', …\) takes a model, and not undefined: write ordered\(loud, \(input\) => /,
    ],
    [{ faults: 7 }, /faults are a preset, or a list of faults by name, or \{ name: intensity \}, and not 7/],
    [{ faults: ['rough', { zombie: { severity: 1 } }] }, /faults: zombie has no severity/],
    [{ topics: 'words' }, /topics are a list of all that take part, and not "words"/],
    [{ input: { words: [] } }, /input\.words is a fast-check arbitrary of records, and not an array of 0/],
    [{ seed: '7' }, /seed is a whole number, and not "7", which is text/],
    [{ cluster: { broker: 1 } }, /cluster: there is no option 'broker'; .*did you mean brokers\?/],
    [{ cluster: { brokers: 0 } }, /cluster: brokers is a whole number of at least 1, and not 0/],
    [{ cluster: { firstSequence: 2 ** 31 } }, /cluster: firstSequence is at most 2147483647, and not 2147483648/],
    [{ cluster: { firstOffset: -1 } }, /cluster: firstOffset is a whole number of at least 0, and not -1/],
    [{ cluster: { acks: 1 } }, /cluster: acks is one of 'none', 'leader', 'all', and not 1/],
    [
      { cluster: { replicationFactor: 5 } },
      /cluster: replicationFactor is at most 3, as many as there are brokers, and not 5/,
    ],
    [
      { cluster: { brokers: 2, minInsyncReplicas: 3 } },
      /cluster: minInsyncReplicas is at most 2, as many as there are replicas, and not 3/,
    ],
    [{ input: [] }, /input names what is sent to each topic, and not/],
    [{ shrink: 'no' }, /shrink is true or false, and not "no"/],
    [{ runs: 0 }, /runs/],
    [{ replay: 'mr0:abc' }, /is no replay of this version: it begins with 'mr1:'/],
    [{ replay: 'mr1:abc' }, /cannot be read: was it copied whole\?/],
    [{ faulst: 'calm' }, /faulst/],
  ])('refuses %j by name', async (wrong, message) => {
    const options = {
      app: () => undefined,
      topics: [words, loud],
      input,
      expect: (e: { noLoss: (out: typeof loud, model: () => []) => unknown }) => e.noLoss(loud, () => []),
      ...wrong,
    }
    await expect(deliverySemantics(options as never)).rejects.toThrow(message)
  })
})
