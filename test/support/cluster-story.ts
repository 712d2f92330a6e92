import type { Engine, UnsealedBatch } from '../../src/contracts/engine.ts'
import type { Situation } from '../../src/engines/simulated/broker/observer.ts'
import { simulatedEngine } from '../../src/engines/simulated/client/engine.ts'
import { SimulatedCluster, type SimulatedClusterOptions } from '../../src/engines/simulated/cluster.ts'
import type { BrokenInvariant } from '../../src/engines/simulated/invariants/watch-invariants.ts'
import { watchInvariants } from '../../src/engines/simulated/invariants/watch-invariants.ts'
import type { Process } from '../../src/engines/simulated/world/process.ts'
import type { World } from '../../src/engines/simulated/world/world.ts'
import { systemSettle } from '../../src/millrace/system.ts'
import type { PartitionRegistration } from '../../src/protocol/broker/partition-registration.ts'
import { ok } from '../../src/testing/conformance/calls.ts'
import { batch } from '../../src/testing/conformance/records.ts'

export interface Client {
  readonly process: Process
  readonly engine: Engine
}

export interface ClusterStory {
  readonly cluster: SimulatedCluster
  readonly world: World
  /** Of a client that nothing happens to. */
  readonly engine: Engine
  readonly broken: readonly BrokenInvariant[]
  readonly reached: ReadonlySet<Situation>
  readonly until: (isDone: () => boolean, what?: string) => Promise<void>
  /** Lets the world go on until `work` has an answer. */
  readonly drive: <A>(work: Promise<A>) => Promise<A>
  readonly run: (forMs: number) => Promise<unknown>
  readonly client: (name: string) => Client
  /** What the controller has decided about the partition. */
  readonly registration: () => PartitionRegistration
  readonly leader: () => number
  readonly value: (value: string) => UnsealedBatch
  /** Where each broker's log of the partition ends. */
  readonly ends: () => readonly (number | undefined)[]
}

/** A cluster with one topic `t` of one partition, to tell a story of step by step. */
export const clusterStory = async (
  options: Omit<Partial<SimulatedClusterOptions>, 'world'> = {},
): Promise<ClusterStory> => {
  const cluster = new SimulatedCluster({ ...options, world: { seed: 1, tape: {}, settle: systemSettle } })
  const { world } = cluster
  const broken: BrokenInvariant[] = []
  const reached = watchInvariants(cluster, (one) => broken.push(one))

  const until = async (isDone: () => boolean, what = 'what was waited for') => {
    const end = await world.run(isDone, { forMs: 120_000, steps: 500_000 })
    if (end !== 'done') throw new Error(`${what} did not come about: ${end}`)
  }

  const drive = async <A>(work: Promise<A>): Promise<A> => {
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    await until(() => isOver, 'an answer')
    return work
  }

  const client = (name: string): Client => {
    const process = cluster.client(name)
    return { process, engine: simulatedEngine(cluster, process) }
  }

  const registration = () => {
    const found = cluster.controller.view.topics.get('t')?.layout[0]
    if (found === undefined) throw new Error('there is no topic t')
    return found
  }

  const leader = (): number => {
    const { leader } = registration()
    if (leader === undefined) throw new Error('nobody leads t-0')
    return leader
  }

  const { engine } = client('main')
  await until(() => cluster.isWhole)
  await drive(ok(engine.topics.create({ name: 't', partitions: 1, config: {} })))
  await until(() => cluster.isWhole)

  return {
    cluster,
    world,
    engine,
    broken,
    reached,
    until,
    drive,
    client,
    registration,
    leader,
    run: (forMs: number) => world.run(() => false, { forMs, steps: 500_000 }),
    value: (value: string) => batch('t', 0, [value]),
    ends: () => cluster.ids.map((id) => cluster.disk(id).logs.find(({ name }) => name === 't-0')?.endOffset),
  }
}
