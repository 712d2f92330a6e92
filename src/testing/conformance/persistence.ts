import { aTopic, ok, until } from './calls.ts'
import { equal, inRange, matches } from './claims.ts'
import { type Law, law } from './law.ts'
import { batch, readAll, valuesOf } from './records.ts'
import { watch } from './watcher.ts'

const outside = (group: string) => ({ group, generation: -1, memberId: '' })

export const persistence = (how: 'close' | 'kill'): readonly Law[] => [
  law('topics and records are there, and offsets go on', ['persistence', 'topic-configs'], async (s) => {
    const topic = await aTopic(s, 2, { 'max.message.bytes': 4_096 })
    const before = await ok(s.engine.topics.describe([topic]))
    const producer = await ok(s.engine.producer())
    await ok(producer.append([batch(topic, 0, ['a', 'b']), batch(topic, 1, ['x'])]))
    const again = await s.reopen(how)
    equal(await ok(again.topics.describe([topic])), before, 'the description of the topic')
    equal([await valuesOf(again, topic, 0), await valuesOf(again, topic, 1)], [['a', 'b'], ['x']])
    // as large as the first: a producer that is taken for the one of before would have it answered, not written
    const [appended] = await ok((await ok(again.producer())).append([batch(topic, 0, ['c', 'd'])]))
    equal(appended?.offset, 2, 'where the next batch comes to lie')
    equal(await valuesOf(again, topic, 0), ['a', 'b', 'c', 'd'])
  }),

  law('what was deleted stays deleted', ['persistence', 'delete-records'], async (s) => {
    const topic = await aTopic(s)
    const trimmed = s.unique('trimmed')
    await ok(s.engine.topics.create({ name: trimmed, partitions: 1, config: {} }))
    const producer = await ok(s.engine.producer())
    await ok(producer.append([batch(topic, 0, ['a']), batch(trimmed, 0, ['a']), batch(trimmed, 0, ['b'])]))
    await ok(s.engine.topics.deleteRecords([{ topic: trimmed, partition: 0, offset: 1 }]))
    await ok(s.engine.topics.delete(topic))
    const again = await s.reopen(how)
    equal(await ok(again.topics.describe([topic])), [])
    const kept = await readAll(again, { topic: trimmed, partition: 0 }, { from: 1 })
    equal(
      kept.map(({ value }) => value),
      ['b'],
    )
    const [start] = await ok(again.reader.offsets([{ topic: trimmed, partition: 0, at: 'earliest' }], 'read_committed'))
    equal(start?.offset, 1, 'the start of the log that was trimmed')
    await ok(again.topics.create({ name: topic, partitions: 1, config: {} }))
    equal(await valuesOf(again, topic), [])
  }),

  law('committed offsets are there', ['persistence', 'groups'], async (s) => {
    const topic = await aTopic(s)
    const group = s.unique('group')
    const producer = await ok(s.engine.producer())
    await ok(producer.append([batch(topic, 0, ['a', 'b', 'c', 'd', 'e'])]))
    const at = [{ topic, partition: 0, offset: 5, metadata: 'm' }]
    await ok(s.engine.groups.commit(outside(group), at))
    const again = await s.reopen(how)
    equal(await ok(again.groups.committed(group)), at, 'what was committed')
  }),

  law(
    'committed transactions are whole, and open ones are gone',
    ['persistence', 'transactions', 'groups'],
    async (s) => {
      const topic = await aTopic(s, 2)
      const group = s.unique('group')
      const tx = await ok(s.engine.transactions({ transactionalId: s.unique('done'), timeoutMs: 60_000 }))
      const open = await ok(s.engine.transactions({ transactionalId: s.unique('open'), timeoutMs: 600_000 }))
      const plain = await ok(s.engine.producer())
      const at = (offset: number) => [{ topic, partition: 0, offset, metadata: '' }]
      await ok(open.append([batch(topic, 0, ['lost']), batch(topic, 1, ['lost'])]))
      await ok(tx.append([batch(topic, 0, ['a']), batch(topic, 1, ['b'])]))
      await ok(tx.sendOffsets(outside(group), at(1)))
      await ok(tx.commit())
      await ok(open.sendOffsets(outside(group), at(2)))
      await ok(plain.append([batch(topic, 0, ['c'])]))
      const again = await s.reopen(how)
      equal([await valuesOf(again, topic, 0), await valuesOf(again, topic, 1)], [['a', 'c'], ['b']])
      const committed = await until(
        s,
        () => again.groups.committed(group)(),
        ({ _tag }) => _tag === 'Right',
      )
      matches(committed, { right: at(1) }, 'what was committed with the transaction')
    },
  ),

  law('a transactional id goes on', ['persistence', 'transactions'], async (s) => {
    const topic = await aTopic(s)
    const options = { transactionalId: s.unique('tx'), timeoutMs: 60_000 }
    const tx = await ok(s.engine.transactions(options))
    await ok(tx.append([batch(topic, 0, ['a'])]))
    await ok(tx.commit())
    await ok(tx.append([batch(topic, 0, ['lost'])]))
    const again = await s.reopen(how)
    const next = await ok(again.transactions(options))
    await ok(next.append([batch(topic, 0, ['b'])]))
    await ok(next.commit())
    equal(await valuesOf(again, topic), ['a', 'b'])
  }),

  law('a group starts anew without waiting for its dead', ['persistence', 'groups'], async (s) => {
    const topic = await aTopic(s, 2)
    const options = {
      group: s.unique('group'),
      topics: [topic],
      assignor: 'task' as const,
      sessionTimeoutMs: 600_000,
      rebalanceTimeoutMs: 600_000,
    }
    const first = watch(s, await ok(s.engine.groups.join(options)))
    await first.waitFor(({ owned }) => owned.size === 2)
    const again = await s.reopen(how)
    const next = watch(s, await ok(again.groups.join(options)))
    await next.waitFor(({ owned }) => owned.size === 2)
    inRange(next.membership.token().generation, { above: 0 }, 'the generation of the one who joins anew')
  }),
]
