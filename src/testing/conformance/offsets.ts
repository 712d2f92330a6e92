import type { OffsetAt } from '../../contracts/engine.ts'
import { aTopic, eventually, ok, refusal } from './calls.ts'
import { equal, inRange } from './claims.ts'
import { type Law, law } from './law.ts'
import { batch } from './records.ts'

export const offsets: readonly Law[] = [
  law('are found at the ends and by time', [], async (s) => {
    const topic = await aTopic(s)
    const producer = await ok(s.engine.producer())
    await ok(producer.append([batch(topic, 0, ['a', 'b', 'c'], 1_000)]))
    await ok(producer.append([batch(topic, 0, ['d'], 5_000)]))
    await ok(s.engine.reader.settled([{ topic, partition: 0 }]))
    const at = async (at: OffsetAt) =>
      (await ok(s.engine.reader.offsets([{ topic, partition: 0, at }], 'read_committed')))[0]?.offset
    equal(await at('earliest'), 0, 'the earliest')
    equal(await at('latest'), 4, 'the latest')
    equal(await at({ timestamp: 0 }), 0, 'at the beginning of time')
    equal(await at({ timestamp: 1_000 }), 0, 'at the time of the first record')
    equal(await at({ timestamp: 1_002 }), 2, 'at the time of the third')
    equal(await at({ timestamp: 1_003 }), 3, 'between the third and the fourth')
    equal(await at({ timestamp: 5_001 }), 4, 'behind the last')
  }),

  law('of several partitions come in the order asked', [], async (s) => {
    const topic = await aTopic(s, 2)
    await ok((await ok(s.engine.producer())).append([batch(topic, 1, ['a'])]))
    await ok(s.engine.reader.settled([{ topic, partition: 1 }]))
    const queries = [1, 0].map((partition) => ({ topic, partition, at: 'latest' as const }))
    equal(
      await ok(s.engine.reader.offsets(queries, 'read_committed')),
      [
        { topic, partition: 1, offset: 1 },
        { topic, partition: 0, offset: 0 },
      ],
      'the latest of partitions 1 and 0',
    )
  }),

  law('of a partition that does not exist are refused', [], async (s) => {
    const topic = await aTopic(s)
    const ask = (name: string, partition: number) =>
      refusal(s.engine.reader.offsets([{ topic: name, partition, at: 'latest' }], 'read_committed'))
    equal((await ask(s.unique('nowhere'), 0)).code, 'unknown-topic')
    equal((await ask(topic, 5)).code, 'unknown-partition')
  }),

  law('latest stops before an open transaction when reading committed', ['transactions'], async (s) => {
    const topic = await aTopic(s)
    const plain = await ok(s.engine.producer())
    const open = await ok(s.engine.transactions({ transactionalId: s.unique('tx'), timeoutMs: 60_000 }))
    await ok(plain.append([batch(topic, 0, ['a'])]))
    await ok(open.append([batch(topic, 0, ['b'])]))
    await ok(plain.append([batch(topic, 0, ['c'])]))
    const query = [{ topic, partition: 0, at: 'latest' as const }]
    equal((await ok(s.engine.reader.offsets(query, 'read_committed')))[0]?.offset, 1, 'the latest, reading committed')
    equal(
      (await ok(s.engine.reader.offsets(query, 'read_uncommitted')))[0]?.offset,
      3,
      'the latest, reading uncommitted',
    )
    await ok(open.abort())
  }),

  law('settle once the transactions open before them have ended', ['transactions'], async (s) => {
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
    equal(answered, false, 'settled while a transaction is open')
    await ok(open.commit())
    const [position] = await eventually(s, settled)
    inRange(position?.offset, { from: 2 }, 'where it has settled')
  }),

  law('that never settle can be given up', ['transactions'], async (s) => {
    const topic = await aTopic(s)
    const plain = await ok(s.engine.producer())
    const open = await ok(s.engine.transactions({ transactionalId: s.unique('tx'), timeoutMs: 60_000 }))
    await ok(open.append([batch(topic, 0, ['a'])]))
    await ok(plain.append([batch(topic, 0, ['b'])]))
    const controller = new AbortController()
    const waiting = refusal(s.engine.reader.settled([{ topic, partition: 0 }], controller.signal))
    controller.abort()
    equal((await eventually(s, waiting)).code, 'cancelled')
    await ok(open.abort())
  }),
]
