import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settle } from '../../src/contracts/settle.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import { type Millrace, text, topic } from '../../src/index.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import { systemRandom as random } from '../../src/millrace/system.ts'
import { fullStorage } from '../support/full-storage.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const lines = topic('lines', { key: text, value: text, partitions: 2 })

const opened = async (durability: 'power' | 'process') => {
  const storage = fullStorage(memoryStorage())
  const clock = new VirtualClock()
  const engine = await settle(openEmbedded({ name: 'test', storage, durability, clock, random, persistent: true }))
  const send = { batchBytes: 200, deliveryTimeoutMs: 5_000 }
  const millrace = openMillrace({ url: 'test', engine, clock, random, clientId: 'test', send })
  await millrace.create(lines)
  return { storage, clock, engine, millrace }
}

const valuesOf = async (millrace: Millrace) => {
  const partitions: number[][] = [[], []]
  for await (const record of millrace.read(lines, { until: 'latest' }))
    partitions[record.partition]?.push(Number(record.value))
  return partitions
}

describe.each(['process', 'power'] as const)('sending while the disk is full, durability %s', (durability) => {
  it('waits, and writes each record once and in order when there is room again', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ calls: fc.integer({ min: 1, max: 6 }), room: fc.integer({ min: 0, max: 900 }) }), {
          minLength: 1,
          maxLength: 5,
        }),
        async (phases) => {
          const { storage, clock, millrace } = await opened(durability)
          const sends: Promise<unknown>[] = []
          let n = 0
          for (const { calls, room } of phases) {
            storage.room = room
            for (let i = 0; i < calls; i++, n++)
              sends.push(millrace.send(lines, [{ key: 'k', value: `${n}`.padStart(60), partition: n % 2 }]))
            await clock.advance(400)
          }
          storage.room = Number.POSITIVE_INFINITY
          await clock.advance(3_000)
          await Promise.all(sends)
          const all = Array.from({ length: n }, (_, i) => i)
          expect(await valuesOf(millrace)).toEqual([0, 1].map((p) => all.filter((i) => i % 2 === p)))
        },
      ),
      { numRuns: 60 },
    ))

  it('gives up after the delivery timeout, saying that it may be written all the same', async () => {
    const { storage, clock, millrace } = await opened(durability)
    await millrace.send(lines, [{ key: 'k', value: '0', partition: 0 }])
    storage.room = 0
    const sending = millrace.send(lines, [{ key: 'k', value: '1'.padStart(100_000), partition: 0 }])
    const failed = expect(sending).rejects.toMatchObject({ code: 'timed-out', kind: 'indeterminate' })
    await clock.advance(7_000)
    await failed
    await expect(sending).rejects.toThrow(/lines-0 .*within 5000 ms.*no space left/)
    expect((await valuesOf(millrace))[0]).toEqual([0])
    storage.room = Number.POSITIVE_INFINITY
    const next = millrace.send(lines, [{ key: 'k', value: '2', partition: 0 }])
    await clock.advance(2_000)
    await next
    expect((await valuesOf(millrace))[0]?.at(-1)).toBe(2)
  })

  it('fails only the records that cannot be written, not those that went with them', async () => {
    const { engine, millrace } = await opened(durability)
    await millrace.send(lines, [{ key: 'k', value: '0', partition: 0 }])
    // behind the back of whoever has looked the topic up
    await settle(engine.topics.configure('lines', { 'max.message.bytes': 400 }))
    const sends = [100, 600, 100].map((width, i) =>
      millrace.send(lines, [{ key: 'k', value: `${i + 1}`.padStart(width), partition: 0 }]),
    )
    const settled = await Promise.allSettled(sends)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { code: 'record-too-large' } })
    expect(await valuesOf(millrace)).toEqual([[0, 1, 3], []])
    await millrace.close()
  })
})
