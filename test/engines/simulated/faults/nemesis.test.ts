import { describe, expect, it } from 'vitest'
import { simulatedEngine } from '../../../../src/engines/simulated/client/engine.ts'
import { SimulatedCluster } from '../../../../src/engines/simulated/cluster.ts'
import { type Fault, type FaultName, presets } from '../../../../src/engines/simulated/faults/fault.ts'
import { Losses } from '../../../../src/engines/simulated/faults/losses.ts'
import { Nemesis } from '../../../../src/engines/simulated/faults/nemesis.ts'
import { fairWeather } from '../../../../src/engines/simulated/world/network.ts'
import { systemSettle } from '../../../../src/millrace/system.ts'
import { ok } from '../../../../src/testing/conformance/calls.ts'
import { clusterStory } from '../../../support/cluster-story.ts'
import { JepsenClients, partitions, topics } from '../../../support/jepsen-clients.ts'

const names = presets.jepsen
const limits = (forMs: number) => ({ forMs, steps: 200_000 })

/** A cluster that is up, with clients, and one fault at once. */
const stage = async (name: FaultName) => {
  const cluster = new SimulatedCluster({ world: { seed: 5, settle: systemSettle, keepTrace: true } })
  const { world } = cluster
  const clients = new JepsenClients(cluster)
  await world.run(() => cluster.isWhole, limits(60_000))
  void simulatedEngine(cluster, cluster.supervisor).topics.create({ name: topics.input, partitions, config: {} })()
  await world.run(() => false, limits(100))
  clients.start('producer-1')
  await world.run(() => false, limits(100))
  const fault = { name, atMs: 10, forMs: 400, target: 4, extent: 1 }
  const nemesis = new Nemesis({ cluster, clients, faults: [fault] })
  return { cluster, world, clients, nemesis }
}

describe('a nemesis', () => {
  it.each(names)('brings %s over a cluster, tells of it, and ends it', async (name) => {
    const { cluster, world, clients, nemesis } = await stage(name)
    await world.run(() => false, limits(50))
    const told = world.trace.entries.filter(({ _tag }) => _tag === 'fault')
    expect({ count: nemesis.count, told: told.length }).toEqual({ count: 1, told: 1 })
    await world.run(() => cluster.isWhole, limits(60_000))
    await world.run(() => false, limits(15_000))
    expect({ whole: cluster.isWhole, weather: cluster.network.weather, late: world.timerLateness }).toEqual({
      whole: true,
      weather: fairWeather,
      late: 0,
    })
    const processes = [...cluster.ids.map((id) => cluster.processOf(id)), ...clients.processes]
    expect(processes.every((process) => process?.isAlive === true && !process.isPaused)).toBe(true)
  })

  it.each(names)('heals %s at once', async (name) => {
    const { cluster, world, nemesis } = await stage(name)
    await world.run(() => false, limits(20))
    nemesis.heal()
    expect(cluster.network.weather).toEqual(fairWeather)
    await world.run(() => cluster.isWhole, limits(60_000))
    expect(cluster.isWhole).toBe(true)
  })
})

describe('a damaged disk', () => {
  it('is found in the end where its broker had been stopped and started in good order', async () => {
    const { cluster, world, until, engine, drive, run, value, broken } = await clusterStory()
    await drive(ok((await drive(ok(engine.producer()))).append([value('a')])))
    await run(1_000)
    const disk = cluster.disk(0)
    const faults: readonly Fault[] = [
      { name: 'disk-corruption', atMs: 0, forMs: 3_000, target: 0, extent: 1 },
      { name: 'broker-restart', atMs: 100, forMs: 4_000, target: 0, extent: 1 },
    ]
    const nemesis = new Nemesis({ cluster, clients: new JepsenClients(cluster), faults })
    await until(() => cluster.processOf(0) === undefined)
    expect([disk.isDamaged, disk.wasClosed]).toEqual([true, true])
    await world.run(() => !disk.isDamaged, limits(3_500))
    expect([disk.isDamaged, disk.wasClosed]).toEqual([false, false])
    nemesis.heal()
    await until(() => isBack(cluster, 0))
    expect(broken).toEqual([])
  })
})

/** The controller has heard of its present life, and it has caught up. */
const isBack = (cluster: SimulatedCluster, id: number): boolean =>
  cluster.controller.lifeOf(id) === cluster.processOf(id)?.number && cluster.isWhole

describe('losses', () => {
  it('are allowed to fewer brokers at once than must be in sync', async () => {
    const { cluster, until } = await clusterStory()
    const losses = new Losses(cluster)
    expect(losses.allows(0, 'loses of its log')).toBe(true)
    losses.note(0, 'loses of its log')
    cluster.crash(0, 'unsynced lost')
    expect(losses.allows(1, 'loses of its log')).toBe(false)
    expect(losses.allows(1, 'keeps its log')).toBe(false)
    cluster.start(0)
    await until(() => isBack(cluster, 0))
    expect(losses.allows(1, 'loses of its log')).toBe(true)
  })

  it('count with those who will end since their disks are damaged or full, in whichever life', async () => {
    const { cluster, until, engine, drive, value } = await clusterStory()
    await drive(ok((await drive(ok(engine.producer()))).append([value('a')])))
    const losses = new Losses(cluster)
    const disk = cluster.disk(0)
    const restarted = async () => {
      cluster.shutDown(0)
      await until(() => cluster.processOf(0) === undefined)
      await started()
    }
    const started = () => {
      cluster.start(0)
      return until(() => isBack(cluster, 0))
    }
    disk.logs.find(({ isEmpty }) => !isEmpty)?.damage(0)
    await restarted()
    expect([losses.allows(1, 'loses of its log'), losses.allows(0, 'loses of its log')]).toEqual([false, true])
    losses.note(0, 'keeps its log')
    cluster.crash(0, 'kept')
    expect([losses.allows(1, 'loses of its log'), losses.allows(1, 'keeps its log')]).toEqual([false, false])
    await started()
    expect(losses.allows(1, 'loses of its log')).toBe(true)
    disk.isFull = true
    await restarted()
    expect([losses.allows(1, 'loses of its log'), losses.allows(1, 'keeps its log')]).toEqual([false, true])
  })

  it('stay what they were when who lost something ends once more before it is heard of', async () => {
    const { cluster } = await clusterStory()
    const losses = new Losses(cluster)
    losses.note(0, 'loses of its log')
    cluster.crash(0, 'unsynced lost')
    cluster.start(0)
    losses.note(0, 'keeps its log')
    cluster.crash(0, 'kept')
    expect(losses.allows(1, 'keeps its log')).toBe(false)
  })

  it('count with those who have ended by themselves', async () => {
    const { cluster, until } = await clusterStory()
    const losses = new Losses(cluster)
    cluster.crash(0, 'kept')
    expect(losses.allows(1, 'loses of its log')).toBe(false)
    cluster.start(0)
    await until(() => isBack(cluster, 0))
    expect(losses.allows(1, 'loses of its log')).toBe(true)
  })

  it('are allowed to nobody where one replica is enough', async () => {
    const { cluster } = await clusterStory({ minInsyncReplicas: 1 })
    expect(new Losses(cluster).allows(0, 'loses of its log')).toBe(false)
  })
})
