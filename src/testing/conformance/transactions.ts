import type { GroupToken } from '../../contracts/engine.ts'
import { aTopic, ok, refusal, until } from './calls.ts'
import { contains, equal, matches } from './claims.ts'
import { type Law, law } from './law.ts'
import { batch, readAll, valuesOf } from './records.ts'
import type { Scenario } from './subject.ts'

const holder = (s: Scenario, transactionalId: string, timeoutMs = 60_000) =>
  ok(s.engine.transactions({ transactionalId, timeoutMs }))

const outside = (group: string): GroupToken => ({ group, generation: -1, memberId: '' })

const ofTransactions = (title: string, holds: Law['holds']): Law => law(title, ['transactions'], holds)

export const transactions: readonly Law[] = [
  ofTransactions('show nothing before their commit, and everything after', async (s) => {
    const topic = await aTopic(s, 2)
    const tx = await holder(s, s.unique('tx'))
    await ok(tx.append([batch(topic, 0, ['a']), batch(topic, 1, ['b'])]))
    await ok(tx.append([batch(topic, 0, ['c'])]))
    equal(await readAll(s.engine, { topic, partition: 0 }), [], 'partition 0 before the commit')
    equal(await readAll(s.engine, { topic, partition: 1 }), [], 'partition 1 before the commit')
    await ok(tx.commit())
    equal(
      [await valuesOf(s.engine, topic, 0), await valuesOf(s.engine, topic, 1)],
      [['a', 'c'], ['b']],
      'both partitions after the commit',
    )
  }),

  ofTransactions('answer their offsets as they are accepted', async (s) => {
    const topic = await aTopic(s)
    const tx = await holder(s, s.unique('tx'))
    const first = await ok(tx.append([batch(topic, 0, ['a', 'b'])]))
    const second = await ok(tx.append([batch(topic, 0, ['c'])]))
    equal([first[0]?.offset, second[0]?.offset], [0, 2], 'where the batches will lie')
    await ok(tx.commit())
  }),

  ofTransactions('that are aborted are never read as committed', async (s) => {
    const topic = await aTopic(s)
    const tx = await holder(s, s.unique('tx'))
    await ok(tx.append([batch(topic, 0, ['gone'])]))
    await ok(tx.abort())
    await ok(tx.append([batch(topic, 0, ['kept'])]))
    await ok(tx.commit())
    await ok(tx.append([batch(topic, 0, ['gone too'])]))
    await ok(tx.abort())
    equal(await valuesOf(s.engine, topic), ['kept'], 'what reads committed')
    equal(
      await valuesOf(s.engine, topic, 0, 'read_uncommitted'),
      ['gone', 'kept', 'gone too'],
      'what reads uncommitted',
    )
  }),

  ofTransactions('hold back what others write behind them, and only that', async (s) => {
    const topic = await aTopic(s)
    const plain = await ok(s.engine.producer())
    const tx = await holder(s, s.unique('tx'))
    await ok(plain.append([batch(topic, 0, ['before'])]))
    await ok(tx.append([batch(topic, 0, ['within'])]))
    await ok(plain.append([batch(topic, 0, ['behind'])]))
    equal(
      (await readAll(s.engine, { topic, partition: 0 })).map(({ value }) => value),
      ['before'],
    )
    await ok(tx.abort())
    equal(await valuesOf(s.engine, topic), ['before', 'behind'])
  }),

  ofTransactions('may be empty', async (s) => {
    const tx = await holder(s, s.unique('tx'))
    await ok(tx.commit())
    await ok(tx.abort())
    await ok(tx.commit())
  }),

  ofTransactions('follow one another, several calls under way', async (s) => {
    const topic = await aTopic(s)
    const tx = await holder(s, s.unique('tx'))
    for (let round = 0; round < 5; round += 1) {
      const values = [0, 1, 2].map((n) => `${round}${n}`)
      const appends = values.map((value) => ok(tx.append([batch(topic, 0, [value])])))
      await Promise.all([...appends, ok(round % 2 === 0 ? tx.commit() : tx.abort())])
    }
    equal(await valuesOf(s.engine, topic), ['00', '01', '02', '20', '21', '22', '40', '41', '42'])
  }),

  ofTransactions('go to the last who took the id, and what was open is aborted', async (s) => {
    const topic = await aTopic(s)
    const id = s.unique('tx')
    const first = await holder(s, id)
    await ok(first.append([batch(topic, 0, ['zombie'])]))
    const second = await holder(s, id)
    await ok(second.append([batch(topic, 0, ['heir'])]))
    const failures = [
      await refusal(first.append([batch(topic, 0, ['late'])])),
      await refusal(first.commit()),
      await refusal(first.sendOffsets(outside(s.unique('group')), [{ topic, partition: 0, offset: 1, metadata: '' }])),
    ]
    for (const failure of failures) {
      contains(['producer-fenced', 'invalid-producer-epoch'], failure.code)
      contains(failure.message, id)
    }
    await ok(second.commit())
    equal(await valuesOf(s.engine, topic), ['heir'])
  }),

  ofTransactions('of a closed holder are aborted', async (s) => {
    const topic = await aTopic(s)
    const id = s.unique('tx')
    const first = await holder(s, id)
    await ok(first.append([batch(topic, 0, ['a'])]))
    await ok(first.close())
    equal((await refusal(first.append([batch(topic, 0, ['b'])]))).code, 'closed')
    const second = await holder(s, id)
    await ok(second.append([batch(topic, 0, ['c'])]))
    await ok(second.commit())
    equal(await valuesOf(s.engine, topic), ['c'])
  }),

  ofTransactions('that stay open too long are aborted', async (s) => {
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
    contains(['abortable', 'fatal'], (await refusal(tx.commit())).kind)
    equal(await valuesOf(s.engine, topic), ['behind'])
    const next = await holder(s, id)
    await ok(next.append([batch(topic, 0, ['next'])]))
    await ok(next.commit())
    equal(await valuesOf(s.engine, topic), ['behind', 'next'])
  }),

  ofTransactions('need a sound time limit', async ({ engine, unique }) => {
    for (const timeoutMs of [0, -1, Number.NaN, 1e12]) {
      const failure = await refusal(engine.transactions({ transactionalId: unique('tx'), timeoutMs }))
      equal([timeoutMs, failure.code], [timeoutMs, 'invalid-transaction-timeout'])
    }
  }),

  ofTransactions('that lost a batch cannot commit, and go on after the abort', async (s) => {
    const topic = await aTopic(s)
    const tx = await holder(s, s.unique('tx'))
    await ok(tx.append([batch(topic, 0, ['half'])]))
    equal((await refusal(tx.append([batch(s.unique('nowhere'), 0, ['other half'])]))).code, 'unknown-topic')
    equal((await refusal(tx.commit())).kind, 'abortable', 'what the commit of half a transaction is answered')
    await ok(tx.abort())
    await ok(tx.append([batch(topic, 0, ['whole'])]))
    await ok(tx.commit())
    equal(await valuesOf(s.engine, topic), ['whole'])
  }),

  ofTransactions('carry offsets, which appear with the commit', async (s) => {
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
    matches(
      await refusal(s.engine.groups.committed(group)),
      {
        code: 'unstable-offsets',
        kind: 'retriable',
      },
      'what is committed while a transaction is undecided',
    )
    await ok(tx.commit())
    await ok(s.engine.reader.settled([{ topic, partition: 0 }]))
    const committed = await until(
      s,
      () => s.engine.groups.committed(group)(),
      ({ _tag }) => _tag === 'Right',
    )
    matches(committed, { right: offsets }, 'offsets after the commit')
  }),

  ofTransactions('that are aborted leave the offsets as they were', async (s) => {
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
    matches(committed, { right: at(3) }, 'offsets after the abort')
  }),

  ofTransactions('of different ids at the same time do not touch each other', async (s) => {
    const topic = await aTopic(s)
    const holders = await Promise.all(['a', 'b', 'c'].map((name) => holder(s, s.unique(name))))
    await Promise.all(holders.map((tx, at) => ok(tx.append([batch(topic, 0, [`${at}`])]))))
    await Promise.all(holders.map((tx, at) => ok(at === 1 ? tx.abort() : tx.commit())))
    equal((await valuesOf(s.engine, topic)).sort(), ['0', '2'])
  }),
]
