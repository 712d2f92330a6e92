import { describe, expect, it } from 'vitest'
import { type Millrace, text, topic } from '../../../src/index.ts'
import { simulate } from '../../../src/testing/simulate.ts'

const words = topic('words', { key: text, value: text, partitions: 2 })
const loud = topic('loud', { key: text, value: text })

const sent = (...values: readonly string[]) => values.map((value, at) => ({ key: value, value, partition: at % 2 }))

/** Reads, sends and commits in one transaction, for as long as it lives. */
const shout = async (millrace: Millrace, sessionTimeoutMs = 10_000) => {
  const consumer = await millrace.consumer({ topics: [words], group: 'by hand', sessionTimeoutMs })
  for (;;) {
    const records = await consumer.poll({ timeoutMs: 5_000 })
    if (records.length > 0)
      await millrace.transaction(async (tx) => {
        await tx.send(
          loud,
          records.map(({ key, value }) => ({ key, value })),
        )
        await tx.commitPosition(consumer)
      })
  }
}

describe('a story without pipelines is at rest', () => {
  it('once nothing happens any more', async () => {
    await simulate(async (sim) => {
      await sim.create(words, loud)
      sim.start('app', shout)
      await sim.send(words, sent('a', 'b', 'c'))
      await sim.drained()
      expect((await sim.records(loud)).map(({ value }) => value).sort()).toEqual(['a', 'b', 'c'])
    })
  })

  it('where there is no program at all', async () => {
    await simulate(async (sim) => {
      await sim.create(words)
      await sim.send(words, sent('a'))
      await sim.drained()
    })
  })

  it('only when programs that are away or stand still have come again', async () => {
    await simulate(async (sim) => {
      await sim.create(words, loud)
      sim.start('app', shout)
      await sim.send(words, sent('a'))
      await sim.pause('app')
      await expect(sim.drained('5m')).rejects.toThrow('not everything was worked off')
      await sim.resume('app')
      await sim.drained()
      expect(await sim.records(loud)).toHaveLength(1)
    })
  })

  it('never while a program ends and is started over and over', async () => {
    await simulate(async (sim) => {
      await sim.create(words)
      sim.start('app', async () => {
        await new Promise((resolve) => setTimeout(resolve, 20_000))
        throw new Error('no such luck')
      })
      await expect(sim.drained()).rejects.toThrow('app has ended with: no such luck')
    })
  })

  it.each([2, 30])('only when the session of a member that has died is over, after %i minutes', async (minutes) => {
    await simulate(async (sim) => {
      await sim.create(words, loud)
      sim.start('one', (millrace) => shout(millrace, minutes * 60_000))
      sim.start('two', (millrace) => shout(millrace))
      await sim.elapse('10s')
      await sim.crash('one', { forGood: true })
      await sim.send(words, sent('a', 'b'))
      await sim.drained()
      expect((await sim.records(loud)).map(({ value }) => value).sort()).toEqual(['a', 'b'])
    })
  })

  it('not within a time that is too short for that, and says so', async () => {
    await simulate(async (sim) => {
      await sim.create(words, loud)
      sim.start('one', (millrace) => shout(millrace, 600_000))
      sim.start('two', (millrace) => shout(millrace))
      await sim.elapse('10s')
      await sim.crash('one', { forGood: true })
      await expect(sim.drained('2m')).rejects.toThrow(
        /0 pipelines are running; group 'by hand' waits for a member that has died, for 4\d\d s more/,
      )
    })
  })
})
