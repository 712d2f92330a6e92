import { describe, expect, it } from 'vitest'
import { internalTopics } from '../../../src/engines/internal-topics.ts'
import { brokerName, controllerName } from '../../../src/engines/simulated/switchboard.ts'
import { ok, refusal } from '../../../src/testing/conformance/calls.ts'
import { clusterStory } from '../../support/cluster-story.ts'

describe('a simulated cluster', () => {
  it('cuts off at a former leader what nobody else has', async () => {
    const s = await clusterStory({ acks: 'leader' })
    const producer = await s.drive(ok(s.engine.producer()))
    await s.drive(ok(producer.append([s.value('all have it')])))
    await s.until(() => s.ends().every((end) => end === 1))
    const former = s.leader()
    const others = [...s.cluster.ids.filter((id) => id !== former).map(brokerName), controllerName]
    const mend = others.flatMap((other) => [
      s.cluster.network.cut(brokerName(former), other),
      s.cluster.network.cut(other, brokerName(former)),
    ])
    await s.drive(ok(producer.append([s.value('only the former leader has it')])))
    expect(s.ends().toSorted()).toEqual([1, 1, 2])
    await s.until(() => s.registration().leader !== former)
    for (const one of mend) one()
    await s.until(() => s.cluster.isWhole)
    expect({ ends: s.ends(), truncated: s.reached.has('truncated'), broken: s.broken }).toEqual({
      ends: [1, 1, 1],
      truncated: true,
      broken: [],
    })
  })

  it('loses nothing that was acknowledged when a minority loses its power', async () => {
    const s = await clusterStory()
    const producer = await s.drive(ok(s.engine.producer()))
    for (const value of ['1', '2', '3']) await s.drive(ok(producer.append([s.value(value)])))
    const former = s.leader()
    s.cluster.crash(former, 'unsynced lost')
    expect(s.ends()[former]).toBe(0)
    await s.until(() => s.registration().leader !== former)
    s.cluster.start(former)
    await s.until(() => s.cluster.isWhole)
    expect({ ends: s.ends(), broken: s.broken }).toEqual({ ends: [3, 3, 3], broken: [] })
  })

  it('finishes a commit that was decided before its coordinator died', async () => {
    const s = await clusterStory()
    const tx = await s.drive(ok(s.engine.transactions({ transactionalId: 'id', timeoutMs: 60_000 })))
    await s.drive(ok(tx.append([s.value('committed')])))
    const committing = ok(tx.commit())
    const coordinator = () =>
      s.cluster.ids.find((id) =>
        s.cluster
          .broker(id)
          ?.coordination.transactionShards.some((shard) => shard.states.get('id')?.record?.phase === 'PrepareCommit'),
      )
    await s.until(() => coordinator() !== undefined)
    s.cluster.crash(coordinator() ?? -1, 'kept')
    await s.drive(committing)
    expect(s.reached).toContain('transaction moved in PrepareCommit')
    const [settled] = await s.drive(ok(s.engine.reader.settled([{ topic: 't', partition: 0 }])))
    expect({ settled, broken: s.broken }).toEqual({ settled: { topic: 't', partition: 0, offset: 2 }, broken: [] })
  })

  it('goes on without a follower that stands still, and takes it back', async () => {
    const s = await clusterStory({ replicaLagMs: 2_000, brokerSessionMs: 60_000 })
    const producer = await s.drive(ok(s.engine.producer()))
    const follower = s.registration().isr.find((id) => id !== s.leader()) ?? -1
    const process = s.cluster.processOf(follower)
    if (process === undefined) throw new Error('the follower is down')
    s.world.pause(process)
    await s.drive(ok(producer.append([s.value('without it')])))
    expect(s.registration().isr).not.toContain(follower)
    s.world.resume(process)
    await s.until(() => s.cluster.isWhole && s.reached.has('isr grown'))
    expect([...s.reached]).toEqual(expect.arrayContaining(['isr shrunk', 'isr grown']))
    expect({ ends: s.ends(), broken: s.broken }).toEqual({ ends: [1, 1, 1], broken: [] })
  })

  it('loses records where it may elect a leader without them', async () => {
    const s = await clusterStory({ uncleanLeaderElection: true, eligibleLeaderReplicas: false, minInsyncReplicas: 1 })
    const producer = await s.drive(ok(s.engine.producer()))
    const former = s.leader()
    const others = s.cluster.ids.filter((id) => id !== former)
    for (const id of others) s.cluster.crash(id, 'kept')
    await s.drive(ok(producer.append([s.value('lost')])))
    s.cluster.crash(former, 'kept')
    for (const id of others) s.cluster.start(id)
    await s.until(() => others.includes(s.registration().leader ?? -1))
    s.cluster.start(former)
    await s.until(() => s.cluster.isWhole)
    expect({ ends: s.ends(), unclean: s.reached.has('unclean election'), broken: s.broken }).toEqual({
      ends: [0, 0, 0],
      unclean: true,
      broken: [],
    })
  })

  it('fences a producer that was taken for dead', async () => {
    const s = await clusterStory()
    const [zombie, heir] = [s.client('zombie'), s.client('heir')]
    const options = { transactionalId: 'id', timeoutMs: 60_000 }
    const before = await s.drive(ok(zombie.engine.transactions(options)))
    await s.drive(ok(before.append([s.value('of the zombie')])))
    s.world.pause(zombie.process)
    const after = await s.drive(ok(heir.engine.transactions(options)))
    await s.drive(ok(after.append([s.value('of the heir')])))
    await s.drive(ok(after.commit()))
    s.world.resume(zombie.process)
    const failure = await s.drive(refusal(before.commit()))
    expect({ kind: failure.kind, broken: s.broken }).toEqual({ kind: 'fatal', broken: [] })
    await s.run(100)
    const committed = await s.drive(ok(s.engine.reader.settled([{ topic: 't', partition: 0 }])))
    // of the zombie, its end, of the heir, its end
    expect(committed[0]?.offset).toBe(4)
  })

  it('keeps a group together when its coordinator moves', async () => {
    const s = await clusterStory()
    const join = { group: 'g', topics: ['t'], assignor: 'range' as const }
    const membership = await s.drive(
      ok(s.engine.groups.join({ ...join, sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000 })),
    )
    const events: string[] = []
    membership.events.subscribe(({ _tag }) => events.push(_tag))
    await s.until(() => events.length > 0)
    const before = membership.token()
    const coordinator = s.cluster.ids.find((id) =>
      s.cluster.broker(id)?.coordination.groupShards.some((shard) => shard.groups.has('g')),
    )
    s.cluster.crash(coordinator ?? -1, 'kept')
    const at = [{ topic: 't', partition: 0, offset: 0, metadata: '' }]
    await s.drive(ok(s.engine.groups.commit(before, at)))
    expect({ token: membership.token(), events, broken: s.broken }).toEqual({
      token: before,
      events: ['assigned'],
      broken: [],
    })
  })

  it('sends clients on that know of an earlier leader', async () => {
    const s = await clusterStory()
    const producer = await s.drive(ok(s.engine.producer()))
    await s.drive(ok(producer.append([s.value('1')])))
    const former = s.leader()
    s.cluster.shutDown(former)
    await s.until(() => s.cluster.processOf(former) === undefined)
    s.cluster.start(former)
    await s.until(() => s.cluster.isWhole)
    expect(s.leader()).not.toBe(former)
    await s.drive(ok(producer.append([s.value('2')])))
    expect(s.reached.has('not-leader')).toBe(true)
    expect({ ends: s.ends(), broken: s.broken }).toEqual({ ends: [2, 2, 2], broken: [] })
  })

  it('has its own topics on every broker', async () => {
    const s = await clusterStory()
    for (const name of Object.values(internalTopics))
      expect(s.cluster.controller.view.topics.get(name)?.layout.every(({ isr }) => isr.length === 3)).toBe(true)
  })
})
