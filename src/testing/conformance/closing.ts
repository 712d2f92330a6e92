import { aTopic, eventually, ok, refusal } from './calls.ts'
import { differs, equal } from './claims.ts'
import { type Law, law } from './law.ts'
import { batch } from './records.ts'
import { watch } from './watcher.ts'

export const closing: readonly Law[] = [
  law('answers closed to everything', [], async (s) => {
    const topic = await aTopic(s)
    const { engine: e } = s
    const producer = await ok(e.producer())
    await ok(producer.append([batch(topic, 0, ['a'])]))
    await ok(e.close())
    await ok(e.close())
    const at = { topic, partition: 0 }
    const calls = [
      e.topics.create({ name: s.unique('late'), partitions: 1, config: {} }),
      e.topics.describe(),
      e.topics.grow(topic, 2),
      e.topics.configure(topic, {}),
      e.topics.delete(topic),
      e.topics.deleteRecords([{ ...at, offset: 0 }]),
      e.reader.fetch({ positions: [{ ...at, offset: 0 }], isolation: 'read_committed', maxBytes: 1, maxWaitMs: 0 }),
      e.reader.offsets([{ ...at, at: 'latest' }], 'read_committed'),
      e.reader.settled([at]),
      e.producer(),
      producer.append([batch(topic, 0, ['b'])]),
      e.transactions({ transactionalId: s.unique('tx'), timeoutMs: 60_000 }),
      e.groups.committed('group'),
      e.groups.describe(),
      e.groups.delete('group'),
      e.groups.commit({ group: 'group', generation: -1, memberId: '' }, [{ ...at, offset: 0, metadata: '' }]),
      e.groups.join({
        group: 'group',
        topics: [topic],
        assignor: 'task',
        sessionTimeoutMs: 1,
        rebalanceTimeoutMs: 1,
      }),
    ]
    for (const [index, call] of calls.entries()) equal([index, (await refusal(call)).code], [index, 'closed'])
  }),

  law('answers calls that are under way, too', [], async (s) => {
    const topic = await aTopic(s, 2)
    const fetching = refusal(
      s.engine.reader.fetch({
        positions: [{ topic, partition: 0, offset: 0 }],
        isolation: 'read_committed',
        maxBytes: 1,
        maxWaitMs: 1 << 30,
      }),
    )
    const appending = (await ok(s.engine.producer())).append([batch(topic, 1, ['a'])])()
    await ok(s.engine.close())
    equal((await eventually(s, fetching)).code, 'closed')
    differs(await eventually(s, appending), undefined, 'what an append under way is answered')
  }),

  law('ends its memberships', ['groups'], async (s) => {
    const topic = await aTopic(s)
    const options = {
      topics: [topic],
      assignor: 'task' as const,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
    }
    const member = watch(s, await ok(s.engine.groups.join({ group: s.unique('group'), ...options })))
    await member.waitFor(({ owned }) => owned.size === 1)
    await ok(s.engine.close())
    await member.waitFor(({ ended }) => ended.how !== undefined)
  }),

  law('has its transactions aborted', ['transactions', 'persistence'], async (s) => {
    const topic = await aTopic(s)
    const tx = await ok(s.engine.transactions({ transactionalId: s.unique('tx'), timeoutMs: 60_000 }))
    await ok(tx.append([batch(topic, 0, ['a'])]))
    await ok(s.engine.close())
    for (const call of [tx.append([batch(topic, 0, ['b'])]), tx.commit(), tx.abort()])
      equal((await refusal(call)).code, 'closed')
    await ok(tx.close())
  }),
]
