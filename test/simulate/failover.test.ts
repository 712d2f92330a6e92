import { describe, expect, it } from 'vitest'
import type { Situation } from '../../src/engines/simulated/broker/observer.ts'
import type { SimulatedCluster } from '../../src/engines/simulated/cluster.ts'
import type { Clients } from '../../src/engines/simulated/faults/scene.ts'
import type { TransactionPhase } from '../../src/protocol/broker/transaction-state.ts'
import { clusterStage } from '../../src/testing/simulation/cluster-stage.ts'
import { ranOn } from '../support/ran-on.ts'
import { copy } from './programs/pipelines.ts'

/** Of every phase whether a coordinator may lose its leadership in it, and while it writes it. */
const phases: Readonly<Record<TransactionPhase, true>> = {
  Empty: true,
  Ongoing: true,
  PrepareCommit: true,
  PrepareAbort: true,
  CompleteCommit: true,
  CompleteAbort: true,
}

const transactionStates = (Object.keys(phases) as TransactionPhase[]).flatMap((phase): readonly Situation[] => [
  `transaction moved in ${phase}`,
  `transaction moved writing ${phase}`,
])

/** A group that is dead is nowhere. */
const groupStates: readonly Situation[] = [
  'group moved in Empty',
  'group moved in PreparingRebalance',
  'group moved in CompletingRebalance',
  'group moved in Stable',
  'group moved with undecided offsets',
]

/** What it would be called if the coordinators at a broker were killed now. */
const statesAt = (cluster: SimulatedCluster, id: number): ReadonlySet<Situation> => {
  const { watched } = cluster
  const { by } = watched
  const states = new Set<Situation>()
  if (by === undefined) return states
  watched.by = { ...by, reached: (situation) => states.add(situation) }
  cluster.broker(id)?.coordination.leave()
  watched.by = by
  return states
}

/** Kills a coordinator as soon as it is in this state; before that the application comes and goes. */
const killedIn = (state: Situation) => (cluster: SimulatedCluster, clients: Clients) => {
  const { world, supervisor } = cluster
  const [app] = clients.processes
  let isStruck = false
  const isAmiss = state.includes('Abort') || state === 'group moved in PreparingRebalance'
  // what it has begun is aborted by whoever follows
  world.watch(() => {
    const isOpen = cluster.ids.some((id) => statesAt(cluster, id).has('transaction moved in Ongoing'))
    if (isAmiss && app?.isAlive === true && isOpen) clients.kill(app.name)
    if (isStruck) return
    const id = cluster.ids.find((broker) => statesAt(cluster, broker).has(state))
    if (id === undefined) return
    isStruck = true
    cluster.crash(id, 'kept')
    world.after(supervisor, 5_000, 'starts again', () => cluster.start(id))
  })
  if (state === 'group moved in Empty')
    world.after(supervisor, 600, 'stops', () => {
      void clients.stop(app?.name ?? '').then(() => clients.start('another'))
    })
  return () => {
    for (const id of cluster.ids) cluster.start(id)
  }
}

describe('a coordinator that dies', () => {
  it.each([...transactionStates, ...groupStates])('%s: every promise is kept', async (state) => {
    const { violations, reached } = await ranOn(clusterStage(killedIn(state)), copy)
    expect({ violations, isReached: reached.has(state) }).toEqual({ violations: [], isReached: true })
  })
})
