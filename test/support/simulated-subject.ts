import { simulatedEngine } from '../../src/engines/simulated/client/engine.ts'
import { SimulatedCluster, type SimulatedClusterOptions } from '../../src/engines/simulated/cluster.ts'
import { ok } from '../conformance/calls.ts'
import type { Subject } from '../conformance/subject.ts'

export const settle = (): Promise<void> => new Promise((next) => setImmediate(next))

/**
 * A client of a simulated cluster, whose time goes on by itself while somebody waits for an answer: a step for each turn
 * of the event loop.
 */
export const simulatedSubject = async (options: Omit<SimulatedClusterOptions, 'world'> = {}): Promise<Subject> => {
  const cluster = new SimulatedCluster({ ...options, world: { seed: 1, tape: {}, settle } })
  await cluster.world.run(() => cluster.isWhole, { forMs: 60_000, steps: 100_000 })
  let isOver = false
  let until = 0
  const pump = () => {
    if (isOver) return
    for (let step = 0; step < 1; step++) cluster.world.step()
    setImmediate(pump)
  }
  pump()
  const process = cluster.client('client')
  const engine = simulatedEngine(cluster, process)
  return {
    engine,
    elapse: async (ms) => {
      until = cluster.world.now + ms
      while (cluster.world.now < until) await settle()
    },
    reopen: async () => engine,
    dispose: async () => {
      await ok(engine.close())
      isOver = true
    },
  }
}
