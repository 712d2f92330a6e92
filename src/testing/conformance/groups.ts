import type { AssignorName, GroupEvent, JoinOptions } from '../../contracts/engine.ts'
import { aTopic, ok, refusal, until } from './calls.ts'
import { contains, equal, hasLength, inRange, matches } from './claims.ts'
import { type Law, law } from './law.ts'
import { batch, valuesOf } from './records.ts'
import type { Scenario } from './subject.ts'
import { type Watcher, watch } from './watcher.ts'

const options = (group: string, topic: string, more: Partial<JoinOptions> = {}): JoinOptions => ({
  group,
  topics: [topic],
  assignor: 'task',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 20_000,
  ...more,
})

const join = async (s: Scenario, wanted: JoinOptions, release?: Parameters<typeof watch>[2]): Promise<Watcher> =>
  watch(s, await ok(s.engine.groups.join(wanted)), release)

const all = (topic: string, partitions: number) => Array.from({ length: partitions }, (_, p) => `${topic}-${p}`)

/** Waits until the members hold these partitions between them, none twice. */
const shared = async (watchers: readonly Watcher[], expected: readonly string[]): Promise<void> => {
  const [first] = watchers
  const goal = [...expected].sort().join()
  await first?.waitFor(
    () =>
      watchers
        .flatMap(({ owned }) => [...owned])
        .sort()
        .join() === goal,
  )
}

const assignors: readonly AssignorName[] = ['range', 'roundrobin', 'sticky', 'cooperative-sticky', 'task']

const ofGroups = (title: string, holds: Law['holds']): Law => law(title, ['groups'], holds)

export const groups: readonly Law[] = [
  ofGroups('give the only member everything', async (s) => {
    const topic = await aTopic(s, 3)
    const member = await join(s, options(s.unique('group'), topic))
    await shared([member], all(topic, 3))
    matches(member.events[0], { _tag: 'assigned', members: 1 }, 'the first event of the only member')
    await ok(member.membership.leave())
    await member.waitFor(({ ended }) => ended.how === 'completed')
  }),

  ...assignors.map((assignor) =>
    ofGroups(`share among two members, and give all to the one that stays (${assignor})`, async (s) => {
      const topic = await aTopic(s, 4)
      const group = s.unique('group')
      const first = await join(s, options(group, topic, { assignor }))
      await shared([first], all(topic, 4))
      const second = await join(s, options(group, topic, { assignor }))
      await first.waitFor(() => first.owned.size === 2 && second.owned.size === 2)
      await shared([first, second], all(topic, 4))
      await ok(second.membership.leave())
      await shared([first], all(topic, 4))
    }),
  ),

  ofGroups('leave members beyond the partitions empty-handed, but told', async (s) => {
    const topic = await aTopic(s, 2)
    const group = s.unique('group')
    const members: Watcher[] = []
    for (let n = 0; n < 3; n += 1) members.push(await join(s, options(group, topic)))
    await shared(members, all(topic, 2))
    await until(
      s,
      async () => members,
      (some) => some.every(({ events }) => events.some((event) => event._tag === 'assigned' && event.members === 3)),
    )
    hasLength(
      members.filter(({ owned }) => owned.size === 0),
      1,
    )
  }),

  ofGroups('hand a partition over only once it was released', async (s) => {
    const topic = await aTopic(s, 2)
    const group = s.unique('group')
    const held: Extract<GroupEvent, { _tag: 'revoked' }>[] = []
    const first = await join(s, options(group, topic), (event) => held.push(event))
    await shared([first], all(topic, 2))
    const second = await join(s, options(group, topic))
    await first.waitFor(() => held.length > 0)
    await s.elapse(1_000)
    equal(second.owned.size, 0, 'partitions of the second member, before the first has released any')
    // what it finished meanwhile can still be committed
    await ok(s.engine.groups.commit(first.membership.token(), [{ topic, partition: 0, offset: 5, metadata: '' }]))
    for (const event of held) event.release()
    await second.waitFor(() => second.owned.size === 1)
  }),

  ofGroups('do not wait for a release longer than the rebalance timeout', async (s) => {
    const topic = await aTopic(s, 2)
    const group = s.unique('group')
    const slow = await join(s, options(group, topic, { rebalanceTimeoutMs: 6_000 }), () => undefined)
    await shared([slow], all(topic, 2))
    const stale = slow.membership.token()
    const second = await join(s, options(group, topic, { rebalanceTimeoutMs: 6_000 }))
    await second.waitFor(() => second.owned.size > 0)
    equal(
      slow.events.some(({ _tag }) => _tag === 'lost'),
      true,
    )
    const late = s.engine.groups.commit(stale, [{ topic, partition: 0, offset: 5, metadata: '' }])
    contains(['illegal-generation', 'unknown-member'], (await refusal(late)).code)
  }),

  ofGroups('rejoin with a new generation, and refuse the old one', async (s) => {
    const topic = await aTopic(s, 2)
    const group = s.unique('group')
    const first = await join(s, options(group, topic))
    await shared([first], all(topic, 2))
    const before = first.membership.token()
    const second = await join(s, options(group, topic))
    await first.waitFor(() => first.owned.size === 1 && second.owned.size === 1)
    inRange(
      first.membership.token().generation,
      { above: before.generation },
      'the generation after a second member has joined',
    )
    const at = [{ topic, partition: 0, offset: 1, metadata: '' }]
    equal((await refusal(s.engine.groups.commit(before, at))).code, 'illegal-generation')
    await ok(s.engine.groups.commit(first.membership.token(), at))
  }),

  ofGroups('refuse the offsets of a stale generation in a transaction too', async (s) => {
    const topic = await aTopic(s, 2)
    const group = s.unique('group')
    const first = await join(s, options(group, topic))
    await shared([first], all(topic, 2))
    const stale = first.membership.token()
    const second = await join(s, options(group, topic))
    await first.waitFor(() => first.owned.size === 1 && second.owned.size === 1)
    const tx = await ok(s.engine.transactions({ transactionalId: s.unique('tx'), timeoutMs: 60_000 }))
    await ok(tx.append([batch(topic, 0, ['never'])]))
    const failure = await refusal(tx.sendOffsets(stale, [{ topic, partition: 0, offset: 1, metadata: '' }]))
    matches(
      failure,
      { code: 'illegal-generation', kind: 'abortable' },
      'what offsets of a stale generation are answered',
    )
    equal((await refusal(tx.commit())).kind, 'abortable', 'what the commit after that is answered')
    await ok(tx.abort())
    await ok(tx.sendOffsets(first.membership.token(), [{ topic, partition: 0, offset: 1, metadata: '' }]))
    await ok(tx.commit())
    equal(await valuesOf(s.engine, topic), [])
  }),

  ofGroups('refuse members of unknown names', async (s) => {
    const topic = await aTopic(s)
    const group = s.unique('group')
    const member = await join(s, options(group, topic))
    await shared([member], all(topic, 1))
    const token = { ...member.membership.token(), memberId: 'somebody' }
    const at = [{ topic, partition: 0, offset: 1, metadata: '' }]
    equal((await refusal(s.engine.groups.commit(token, at))).code, 'unknown-member')
  }),

  ofGroups('keep what is committed by hand, by partition', async (s) => {
    const topic = await aTopic(s, 3)
    const group = s.unique('group')
    const by = { group, generation: -1, memberId: '' }
    equal(await ok(s.engine.groups.committed(group)), [], 'what is committed')
    const offsets = [0, 2].map((partition) => ({ topic, partition, offset: 10 + partition, metadata: 'by hand' }))
    await ok(s.engine.groups.commit(by, offsets))
    await ok(s.engine.groups.commit(by, [{ topic, partition: 0, offset: 4, metadata: '' }]))
    equal(await ok(s.engine.groups.committed(group)), [
      { topic, partition: 0, offset: 4, metadata: '' },
      { topic, partition: 2, offset: 12, metadata: 'by hand' },
    ])
    equal(await ok(s.engine.groups.committed(group, [{ topic, partition: 1 }])), [])
    equal(await ok(s.engine.groups.committed(group, [{ topic, partition: 2 }])), [offsets[1]])
  }),

  ofGroups('refuse commits by hand while they have members', async (s) => {
    const topic = await aTopic(s)
    const group = s.unique('group')
    const member = await join(s, options(group, topic))
    await shared([member], all(topic, 1))
    const by = { group, generation: -1, memberId: '' }
    const at = [{ topic, partition: 0, offset: 1, metadata: '' }]
    equal((await refusal(s.engine.groups.commit(by, at))).code, 'unknown-member')
  }),

  ofGroups('forget the offsets of a topic that is deleted', async (s) => {
    const [topic, other] = [await aTopic(s), s.unique('other')]
    await ok(s.engine.topics.create({ name: other, partitions: 1, config: {} }))
    const group = s.unique('group')
    const at = (name: string) => ({ topic: name, partition: 0, offset: 7, metadata: '' })
    await ok(s.engine.groups.commit({ group, generation: -1, memberId: '' }, [at(topic), at(other)]))
    await ok(s.engine.topics.delete(topic))
    await ok(s.engine.topics.create({ name: topic, partitions: 1, config: {} }))
    equal(await ok(s.engine.groups.committed(group)), [at(other)])
  }),

  ofGroups('are described with their members', async (s) => {
    const topic = await aTopic(s, 2)
    const group = s.unique('group')
    const member = await join(s, options(group, topic))
    await shared([member], all(topic, 2))
    const [described] = await ok(s.engine.groups.describe([group]))
    matches(described, { group, state: 'Stable', assignor: 'task' }, 'the description of the group')
    equal(
      described?.members.map(({ memberId }) => memberId),
      [member.membership.token().memberId],
    )
    hasLength(described?.members[0]?.partitions, 2, 'partitions of its only member')
    contains(
      (await ok(s.engine.groups.describe())).map(({ group: name }) => name),
      group,
    )
    equal(await ok(s.engine.groups.describe([s.unique('nobody')])), [])
  }),

  ofGroups('are deleted only when nobody is in them', async (s) => {
    const topic = await aTopic(s)
    const group = s.unique('group')
    const member = await join(s, options(group, topic))
    await shared([member], all(topic, 1))
    await ok(s.engine.groups.commit(member.membership.token(), [{ topic, partition: 0, offset: 3, metadata: '' }]))
    equal((await refusal(s.engine.groups.delete(group))).code, 'group-not-empty')
    await ok(member.membership.leave())
    await ok(s.engine.groups.delete(group))
    equal(await ok(s.engine.groups.committed(group)), [])
    equal((await refusal(s.engine.groups.delete(group))).code, 'unknown-group')
  }),

  ofGroups('do not mix assignors', async (s) => {
    const topic = await aTopic(s)
    const group = s.unique('group')
    const member = await join(s, options(group, topic, { assignor: 'range' }))
    await shared([member], all(topic, 1))
    const failure = await refusal(s.engine.groups.join(options(group, topic, { assignor: 'roundrobin' })))
    equal(failure.code, 'inconsistent-protocol')
  }),

  law('see their topics grow', ['groups', 'grow'], async (s) => {
    const topic = await aTopic(s, 1)
    const member = await join(s, options(s.unique('group'), topic))
    await shared([member], all(topic, 1))
    await ok(s.engine.topics.grow(topic, 3))
    await shared([member], all(topic, 3))
  }),

  law('keep the place of a static member for its session', ['groups', 'static-members'], async (s) => {
    const topic = await aTopic(s, 2)
    const group = s.unique('group')
    const first = await join(s, options(group, topic, { instanceId: 'one' }))
    const other = await join(s, options(group, topic, { instanceId: 'two' }))
    await shared([first, other], all(topic, 2))
    const seen = other.events.length
    await ok(first.membership.leave())
    await s.elapse(4_000)
    equal(other.events.slice(seen), [])
    const again = await join(s, options(group, topic, { instanceId: 'one' }))
    await shared([again, other], all(topic, 2))
    equal(other.events.slice(seen), [])
    // and no longer
    await ok(again.membership.leave())
    await other.waitFor(({ owned }) => owned.size === 2)
  }),

  law('know a static member again', ['groups', 'static-members'], async (s) => {
    const topic = await aTopic(s, 2)
    const group = s.unique('group')
    const first = await join(s, options(group, topic, { instanceId: 'one' }))
    const other = await join(s, options(group, topic, { instanceId: 'two' }))
    await shared([first, other], all(topic, 2))
    const seen = other.events.length
    const again = await join(s, options(group, topic, { instanceId: 'one' }))
    await shared([again, other], all(topic, 2))
    await s.elapse(1_000)
    equal(other.events.slice(seen), [])
    // whoever had the name before is fenced
    const at = [{ topic, partition: 0, offset: 1, metadata: '' }]
    equal((await refusal(s.engine.groups.commit(first.membership.token(), at))).code, 'fenced-instance')
    await first.waitFor(({ ended }) => ended.how === 'failed')
    matches(first.ended.failure, { code: 'fenced-instance' }, 'what ends the membership of the one before')
  }),
]
