import { describe, expect } from 'vitest'
import type { GroupToken } from '../../src/contracts/engine.ts'
import { aTopic, ok, refusal, until } from './calls.ts'
import { batch, readAll, valuesOf } from './records.ts'
import { type Conformance, type Scenario, scenario } from './subject.ts'

const holder = (s: Scenario, transactionalId: string, timeoutMs = 60_000) =>
  ok(s.engine.transactions({ transactionalId, timeoutMs }))

const outside = (group: string): GroupToken => ({ group, generation: -1, memberId: '' })

export const transactions = (engine: Conformance): void => {
  describe('transactions', () => {
    const law = (title: string, run: (s: Scenario) => Promise<void>) => scenario(engine, title, ['transactions'], run)

    law('show nothing before their commit, and everything after', async (s) => {
      const topic = await aTopic(s, 2)
      const tx = await holder(s, s.unique('tx'))
      await ok(tx.append([batch(topic, 0, ['a']), batch(topic, 1, ['b'])]))
      await ok(tx.append([batch(topic, 0, ['c'])]))
      expect(await readAll(s.engine, { topic, partition: 0 })).toEqual([])
      expect(await readAll(s.engine, { topic, partition: 1 })).toEqual([])
      await ok(tx.commit())
      expect([await valuesOf(s.engine, topic, 0), await valuesOf(s.engine, topic, 1)]).toEqual([['a', 'c'], ['b']])
    })

    law('answer their offsets as they are accepted', async (s) => {
      const topic = await aTopic(s)
      const tx = await holder(s, s.unique('tx'))
      const first = await ok(tx.append([batch(topic, 0, ['a', 'b'])]))
      const second = await ok(tx.append([batch(topic, 0, ['c'])]))
      expect([first[0]?.offset, second[0]?.offset]).toEqual([0, 2])
      await ok(tx.commit())
    })

    law('that are aborted are never read as committed', async (s) => {
      const topic = await aTopic(s)
      const tx = await holder(s, s.unique('tx'))
      await ok(tx.append([batch(topic, 0, ['gone'])]))
      await ok(tx.abort())
      await ok(tx.append([batch(topic, 0, ['kept'])]))
      await ok(tx.commit())
      await ok(tx.append([batch(topic, 0, ['gone too'])]))
      await ok(tx.abort())
      expect(await valuesOf(s.engine, topic)).toEqual(['kept'])
      expect(await valuesOf(s.engine, topic, 0, 'read_uncommitted')).toEqual(['gone', 'kept', 'gone too'])
    })

    law('hold back what others write behind them, and only that', async (s) => {
      const topic = await aTopic(s)
      const plain = await ok(s.engine.producer())
      const tx = await holder(s, s.unique('tx'))
      await ok(plain.append([batch(topic, 0, ['before'])]))
      await ok(tx.append([batch(topic, 0, ['within'])]))
      await ok(plain.append([batch(topic, 0, ['behind'])]))
      expect((await readAll(s.engine, { topic, partition: 0 })).map(({ value }) => value)).toEqual(['before'])
      await ok(tx.abort())
      expect(await valuesOf(s.engine, topic)).toEqual(['before', 'behind'])
    })

    law('may be empty', async (s) => {
      const tx = await holder(s, s.unique('tx'))
      await ok(tx.commit())
      await ok(tx.abort())
      await ok(tx.commit())
    })

    law('follow one another, several calls under way', async (s) => {
      const topic = await aTopic(s)
      const tx = await holder(s, s.unique('tx'))
      for (let round = 0; round < 5; round += 1) {
        const values = [0, 1, 2].map((n) => `${round}${n}`)
        const appends = values.map((value) => ok(tx.append([batch(topic, 0, [value])])))
        await Promise.all([...appends, ok(round % 2 === 0 ? tx.commit() : tx.abort())])
      }
      expect(await valuesOf(s.engine, topic)).toEqual(['00', '01', '02', '20', '21', '22', '40', '41', '42'])
    })

    law('go to the last who took the id, and what was open is aborted', async (s) => {
      const topic = await aTopic(s)
      const id = s.unique('tx')
      const first = await holder(s, id)
      await ok(first.append([batch(topic, 0, ['zombie'])]))
      const second = await holder(s, id)
      await ok(second.append([batch(topic, 0, ['heir'])]))
      const failures = [
        await refusal(first.append([batch(topic, 0, ['late'])])),
        await refusal(first.commit()),
        await refusal(
          first.sendOffsets(outside(s.unique('group')), [{ topic, partition: 0, offset: 1, metadata: '' }]),
        ),
      ]
      for (const failure of failures) {
        expect(['producer-fenced', 'invalid-producer-epoch']).toContain(failure.code)
        expect(failure.message).toContain(id)
      }
      await ok(second.commit())
      expect(await valuesOf(s.engine, topic)).toEqual(['heir'])
    })

    law('of a closed holder are aborted', async (s) => {
      const topic = await aTopic(s)
      const id = s.unique('tx')
      const first = await holder(s, id)
      await ok(first.append([batch(topic, 0, ['a'])]))
      await ok(first.close())
      expect((await refusal(first.append([batch(topic, 0, ['b'])]))).code).toBe('closed')
      const second = await holder(s, id)
      await ok(second.append([batch(topic, 0, ['c'])]))
      await ok(second.commit())
      expect(await valuesOf(s.engine, topic)).toEqual(['c'])
    })

    law('that stay open too long are aborted', async (s) => {
      const topic = await aTopic(s)
      const id = s.unique('tx')
      const tx = await holder(s, id, 1_000)
      const plain = await ok(s.engine.producer())
      await ok(tx.append([batch(topic, 0, ['slow'])]))
      await ok(plain.append([batch(topic, 0, ['behind'])]))
      await until(
        s,
        () => readAll(s.engine, { topic, partition: 0 }),
        (seen) => seen.length > 0,
      )
      expect(['abortable', 'fatal']).toContain((await refusal(tx.commit())).kind)
      expect(await valuesOf(s.engine, topic)).toEqual(['behind'])
      const next = await holder(s, id)
      await ok(next.append([batch(topic, 0, ['next'])]))
      await ok(next.commit())
      expect(await valuesOf(s.engine, topic)).toEqual(['behind', 'next'])
    })

    law('need a sound time limit', async ({ engine, unique }) => {
      for (const timeoutMs of [0, -1, Number.NaN, 1e12]) {
        const failure = await refusal(engine.transactions({ transactionalId: unique('tx'), timeoutMs }))
        expect([timeoutMs, failure.code]).toEqual([timeoutMs, 'invalid-transaction-timeout'])
      }
    })

    law('that lost a batch cannot commit, and go on after the abort', async (s) => {
      const topic = await aTopic(s)
      const tx = await holder(s, s.unique('tx'))
      await ok(tx.append([batch(topic, 0, ['half'])]))
      expect((await refusal(tx.append([batch(s.unique('nowhere'), 0, ['other half'])]))).code).toBe('unknown-topic')
      expect((await refusal(tx.commit())).kind).toBe('abortable')
      await ok(tx.abort())
      await ok(tx.append([batch(topic, 0, ['whole'])]))
      await ok(tx.commit())
      expect(await valuesOf(s.engine, topic)).toEqual(['whole'])
    })

    law('carry offsets, which appear with the commit', async (s) => {
      const topic = await aTopic(s, 2)
      const group = s.unique('group')
      const tx = await holder(s, s.unique('tx'))
      const offsets = [0, 1].map((partition) => ({
        topic,
        partition,
        offset: 7 + partition,
        metadata: `m${partition}`,
      }))
      await ok(tx.append([batch(topic, 0, ['a'])]))
      await ok(tx.sendOffsets(outside(group), offsets))
      expect(await refusal(s.engine.groups.committed(group))).toMatchObject({
        code: 'unstable-offsets',
        kind: 'retriable',
      })
      await ok(tx.commit())
      await ok(s.engine.reader.settled([{ topic, partition: 0 }]))
      const committed = await until(
        s,
        () => s.engine.groups.committed(group)(),
        ({ _tag }) => _tag === 'Right',
      )
      expect(committed).toMatchObject({ right: offsets })
    })

    law('that are aborted leave the offsets as they were', async (s) => {
      const topic = await aTopic(s)
      const group = s.unique('group')
      const at = (offset: number) => [{ topic, partition: 0, offset, metadata: '' }]
      await ok(s.engine.groups.commit(outside(group), at(3)))
      const tx = await holder(s, s.unique('tx'))
      await ok(tx.sendOffsets(outside(group), at(9)))
      await ok(tx.abort())
      const committed = await until(
        s,
        () => s.engine.groups.committed(group)(),
        ({ _tag }) => _tag === 'Right',
      )
      expect(committed).toMatchObject({ right: at(3) })
    })

    law('of different ids at the same time do not touch each other', async (s) => {
      const topic = await aTopic(s)
      const holders = await Promise.all(['a', 'b', 'c'].map((name) => holder(s, s.unique(name))))
      await Promise.all(holders.map((tx, at) => ok(tx.append([batch(topic, 0, [`${at}`])]))))
      await Promise.all(holders.map((tx, at) => ok(at === 1 ? tx.abort() : tx.commit())))
      expect((await valuesOf(s.engine, topic)).sort()).toEqual(['0', '2'])
    })
  })
}
