import { describe, expect } from 'vitest'
import type { OffsetAt } from '../../src/contracts/engine.ts'
import { aTopic, eventually, ok, refusal } from './calls.ts'
import { batch } from './records.ts'
import { type Conformance, scenario } from './subject.ts'

export const offsets = (engine: Conformance): void => {
  describe('offsets', () => {
    scenario(engine, 'are found at the ends and by time', [], async (s) => {
      const topic = await aTopic(s)
      const producer = await ok(s.engine.producer())
      await ok(producer.append([batch(topic, 0, ['a', 'b', 'c'], 1_000)]))
      await ok(producer.append([batch(topic, 0, ['d'], 5_000)]))
      await ok(s.engine.reader.settled([{ topic, partition: 0 }]))
      const at = async (at: OffsetAt) =>
        (await ok(s.engine.reader.offsets([{ topic, partition: 0, at }], 'read_committed')))[0]?.offset
      expect(await at('earliest')).toBe(0)
      expect(await at('latest')).toBe(4)
      expect(await at({ timestamp: 0 })).toBe(0)
      expect(await at({ timestamp: 1_000 })).toBe(0)
      expect(await at({ timestamp: 1_002 })).toBe(2)
      expect(await at({ timestamp: 1_003 })).toBe(3)
      expect(await at({ timestamp: 5_001 })).toBe(4)
    })

    scenario(engine, 'of several partitions come in the order asked', [], async (s) => {
      const topic = await aTopic(s, 2)
      await ok((await ok(s.engine.producer())).append([batch(topic, 1, ['a'])]))
      await ok(s.engine.reader.settled([{ topic, partition: 1 }]))
      const queries = [1, 0].map((partition) => ({ topic, partition, at: 'latest' as const }))
      expect(await ok(s.engine.reader.offsets(queries, 'read_committed'))).toEqual([
        { topic, partition: 1, offset: 1 },
        { topic, partition: 0, offset: 0 },
      ])
    })

    scenario(engine, 'of a partition that does not exist are refused', [], async (s) => {
      const topic = await aTopic(s)
      const ask = (name: string, partition: number) =>
        refusal(s.engine.reader.offsets([{ topic: name, partition, at: 'latest' }], 'read_committed'))
      expect((await ask(s.unique('nowhere'), 0)).code).toBe('unknown-topic')
      expect((await ask(topic, 5)).code).toBe('unknown-partition')
    })

    scenario(engine, 'latest stops before an open transaction when reading committed', ['transactions'], async (s) => {
      const topic = await aTopic(s)
      const plain = await ok(s.engine.producer())
      const open = await ok(s.engine.transactions({ transactionalId: s.unique('tx'), timeoutMs: 60_000 }))
      await ok(plain.append([batch(topic, 0, ['a'])]))
      await ok(open.append([batch(topic, 0, ['b'])]))
      await ok(plain.append([batch(topic, 0, ['c'])]))
      const query = [{ topic, partition: 0, at: 'latest' as const }]
      expect((await ok(s.engine.reader.offsets(query, 'read_committed')))[0]?.offset).toBe(1)
      expect((await ok(s.engine.reader.offsets(query, 'read_uncommitted')))[0]?.offset).toBe(3)
      await ok(open.abort())
    })

    scenario(engine, 'settle once the transactions open before them have ended', ['transactions'], async (s) => {
      const topic = await aTopic(s)
      const plain = await ok(s.engine.producer())
      const open = await ok(s.engine.transactions({ transactionalId: s.unique('tx'), timeoutMs: 60_000 }))
      await ok(open.append([batch(topic, 0, ['a'])]))
      await ok(plain.append([batch(topic, 0, ['b'])]))
      let answered = false
      const settled = ok(s.engine.reader.settled([{ topic, partition: 0 }])).then((positions) => {
        answered = true
        return positions
      })
      await s.elapse(100)
      expect(answered).toBe(false)
      await ok(open.commit())
      const [position] = await eventually(s, settled)
      expect(position?.offset).toBeGreaterThanOrEqual(2)
    })

    scenario(engine, 'that never settle can be given up', ['transactions'], async (s) => {
      const topic = await aTopic(s)
      const plain = await ok(s.engine.producer())
      const open = await ok(s.engine.transactions({ transactionalId: s.unique('tx'), timeoutMs: 60_000 }))
      await ok(open.append([batch(topic, 0, ['a'])]))
      await ok(plain.append([batch(topic, 0, ['b'])]))
      const controller = new AbortController()
      const waiting = refusal(s.engine.reader.settled([{ topic, partition: 0 }], controller.signal))
      controller.abort()
      expect((await eventually(s, waiting)).code).toBe('cancelled')
      await ok(open.abort())
    })
  })
}
