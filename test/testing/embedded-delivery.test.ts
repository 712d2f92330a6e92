import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterValue, mapValue, to } from '../../operators/index.ts'
import { type Millrace, stream, text, topic } from '../../src/index.ts'
import { DeliveryError, deliverySemantics } from '../../src/testing/index.ts'
import { replayOf } from '../../src/testing/simulation/replay.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const words = topic('words', { key: text, value: text, partitions: 2 })
const loud = topic('loud', { key: text, value: text, partitions: 2 })
const input = { words: fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.nat(99).map(String) }) }

const shout = (millrace: Millrace) =>
  millrace.run(
    'shout',
    stream(words).pipe(
      mapValue((word) => `${word}!`),
      to(loud),
    ),
  )

const failureOf = async (run: Promise<unknown>): Promise<DeliveryError> => {
  const failure = await run.catch((error: unknown) => error)
  if (failure instanceof DeliveryError) return failure
  throw failure instanceof Error ? failure : new Error('nothing was found')
}

describe('deliverySemantics over the embedded engine', () => {
  it.each([
    ['power', 'jepsen', ['unsynced lost', 'unsynced lost in part', 'crash while opening', 'storage-full']],
    ['process', 'jepsen', ['crash while opening', 'storage-full']],
    ['power', ['power-loss', 'slow-consumer', 'late-timers'], ['unsynced lost']],
  ] as const)('finds nothing in what is right: %s, under %s', async (durability, faults, situations) => {
    const report = await deliverySemantics({
      app: shout,
      engine: 'embedded',
      machine: { durability },
      topics: [words, loud],
      input,
      faults,
      runs: 60,
      seed: 4,
      expect: (e) => [
        e.exactlyOnce(loud, ({ words }) => words.map(({ key, value }) => ({ key, value: `${value}!` }))),
        e.ordered(loud, ({ words }) => words.map(({ key, value }) => ({ key, value: `${value}!` }))),
        e.neverEarly(loud, ({ timestamp }) => timestamp - 5_000),
      ],
    })
    expect(report.runs).toBe(60)
    expect([...report.reached]).toEqual(
      expect.arrayContaining([...situations, 'crash in the middle of an operation', 'records nobody was told of']),
    )
    // a loss of power is beyond what 'process' promises: no preset brings one
    expect(report.reached.has('unsynced lost')).toBe(durability === 'power')
  })

  describe('judges in the midst of a run', () => {
    const shouted = (records: readonly { readonly key: string; readonly value: string }[]) =>
      records.map(({ key, value }) => ({ key, value: `${value}!` }))
    const both = [
      { key: 'a', value: 'x' },
      { key: 'a', value: 'y', afterMs: 500 },
    ]
    /** Says nothing before the last record is there: right in the end, and not on the way. */
    const late = (records: readonly { readonly key: string; readonly value: string }[]) =>
      records.length % 2 === 0 ? shouted(records) : []
    const run = (throughout: boolean, faults: 'calm' | 'jepsen' = 'calm', app = shout) =>
      deliverySemantics({
        app,
        engine: 'embedded',
        topics: [words, loud],
        input: { words: fc.constant(both) },
        records: 2,
        faults,
        runs: 10,
        seed: 1,
        shrink: false,
        expect: (e) => e.exactlyOnce(loud, ({ words }) => late(words), { throughout }),
      })

    it('by what the committed offsets say was read, unless the model is of the whole', async () => {
      const { message } = await failureOf(run(true))
      expect(message).toMatch(
        /^exactlyOnce\('loud'\) does not hold in the midst of the run, where group 'shout' has committed words-\d to 1.*:\n {2}nobody expects: "a" → "x!"/,
      )
      expect((await run(false)).runs).toBe(10)
      expect((await run(false, 'jepsen')).runs).toBe(10)
    })

    it('transactions by hand, too', async () => {
      const byHand = async (millrace: Millrace): Promise<never> => {
        const consumer = await millrace.consumer({ topics: [words], group: 'hand' })
        for (;;) {
          const records = await consumer.poll({ timeoutMs: 5_000 })
          if (records.length === 0) continue
          await millrace.transaction(async (tx) => {
            await tx.send(loud, shouted(records))
            await tx.commitPosition(consumer)
          })
        }
      }
      expect((await failureOf(run(true, 'calm', byHand as never))).message).toContain(
        "in the midst of the run, where group 'hand' has committed words-",
      )
    })
  })

  const distinct = (more: { readonly replay?: string; readonly diagram?: string } = {}) =>
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
            to(loud),
          ),
        )
      },
      engine: 'embedded',
      topics: [words, loud],
      input: { words: fc.record({ key: fc.constant('a'), value: fc.constantFrom('x', 'y') }) },
      faults: ['power-loss'],
      seed: 5,
      shrink: false,
      ...more,
      expect: (e) =>
        e.exactlyOnce(loud, ({ words }) =>
          [...new Set(words.map(({ value }) => value))].map((value) => ({ key: 'a', value })),
        ),
    })

  it('finds state beside the stores, tells and draws it, and does it again', async () => {
    const diagram = join(temporaryDirectory(), 'found.html')
    const found = await failureOf(distinct({ diagram }))
    expect(found.message).toMatch(/^exactlyOnce\('loud'\) does not hold:\n {2}repeated: "a" → "[xy]"/)
    expect(found.message).toMatch(/ ↯ fault +loss of power/)
    expect(found.message).toMatch(/ ● disk +has (lost, of the pieces that were not synced|kept all)/)
    const page = readFileSync(diagram, 'utf8')
    expect(page).toContain('value="disk" checked')
    const again = await failureOf(distinct({ replay: found.replay }))
    expect(again.outcome.hash).toBe(found.outcome.hash)
    expect(again.outcome.violations).toEqual(found.outcome.violations)
  })

  it('makes what it finds small', async () => {
    const found = await failureOf(
      deliverySemantics({
        app: shout,
        engine: 'embedded',
        topics: [words, loud],
        input,
        faults: 'calm',
        seed: 1,
        expect: (e) => e.atLeastOnce(loud, ({ words }) => words.map(({ key, value }) => ({ key, value }))),
      }),
    )
    expect(found.message).toMatch(/made smaller \d+ times?: 1 record, 0 faults, 1 instance/)
    expect(found.message).toMatch(/ app-1 +reads 1 record of words-\d, 0 to 0\n/)
  })

  it('has a wrong sync found within a few runs, and told by what it has cost', async () => {
    const found = await failureOf(
      deliverySemantics({
        app: shout,
        engine: 'embedded',
        machine: { mutants: ['acks-before-sync'] },
        topics: [words, loud],
        input,
        faults: ['power-loss'],
        runs: 20,
        seed: 1,
        shrink: false,
        expect: (e) => e.noLoss(loud, () => []),
      }),
    )
    expect(found.message).toMatch(/^(\w+-\d ends at \d+|group 'shout' had committed \d+) .*once the directory is open/)
  })

  it.each([
    [{ engine: 'kafka' }, /engine is one of 'cluster', 'embedded', and not "kafka"/],
    [{ faults: ['partition'] }, /the fault 'partition' needs a cluster, .*: there are process-crash, power-loss, /],
    [{ faults: ['gremlins'] }, /there is no fault 'gremlins'/],
    [{ instances: 2 }, /instances: 2 with engine: 'embedded': one process owns a directory/],
    [{ cluster: { brokers: 3 } }, /cluster is for engine: 'cluster'/],
    [{ engine: 'cluster', machine: {} }, /machine is for engine: 'embedded'/],
    [{ machine: { durability: 'disk' } }, /machine: durability is one of 'power', 'process', and not "disk"/],
    [{ machine: { journalbytes: 1 } }, /machine: there is no option 'journalbytes'; .*did you mean journalBytes\?/],
    [{ machine: { journalBytes: 10 } }, /journalBytes is a whole number of at least 16384, and not 10/],
    [{ machine: { mutants: ['dedup-off'] } }, /each of mutants is one of 'acks-before-sync', /],
    [
      { machine: { durability: 'process' }, faults: ['power-loss'] },
      /durability: 'process' \} promises nothing through the fault 'power-loss'/,
    ],
  ])('refuses %j by name', async (wrong, message) => {
    const options = {
      app: shout,
      engine: 'embedded',
      topics: [words, loud],
      input,
      expect: (e: { noLoss: (out: typeof loud, model: () => []) => unknown }) => e.noLoss(loud, () => []),
      ...wrong,
    }
    await expect(deliverySemantics(options as never)).rejects.toThrow(message)
  })

  it.each([
    ['cluster', { machine: {} }, /is of engine: 'embedded', and not of 'cluster'/],
    ['embedded', {}, /is of engine: 'cluster', and not of 'embedded'/],
  ] as const)('refuses on a %s the replay of another engine', async (engine, on, message) => {
    const replay = replayOf({ seed: 1, cluster: {}, ...on, input: [], faults: [], instances: 1 })
    const expects = deliverySemantics({
      app: shout,
      engine,
      topics: [words, loud],
      input,
      replay,
      expect: (e) => e.noLoss(loud, () => []),
    })
    await expect(expects).rejects.toThrow(message)
  })
})
