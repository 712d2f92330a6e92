import { simulatedEngine } from '../../src/engines/simulated/client/engine.ts'
import { SimulatedCluster, type SimulatedClusterOptions } from '../../src/engines/simulated/cluster.ts'
import { systemSettle } from '../../src/millrace/system.ts'
import { ok } from '../../src/testing/conformance/calls.ts'
import type { EngineSubject } from '../../src/testing/conformance/subject.ts'

/**
 * A client of a simulated cluster, whose time goes on by itself while somebody waits for an answer: a step for each turn
 * of the event loop.
 */
export const simulatedSubject = async (
  options: Omit<SimulatedClusterOptions, 'world'> = {},
): Promise<EngineSubject> => {
  const cluster = new SimulatedCluster({ ...options, world: { seed: 1, tape: {}, settle: systemSettle } })
  await cluster.world.run(() => cluster.isWhole, { forMs: 60_000, steps: 100_000 })
  let isOver = false
  const pump = () => {
    if (isOver) return
    cluster.world.step()
    setImmediate(pump)
  }
  pump()
  const process = cluster.client('client')
  const engine = simulatedEngine(cluster, process)
  return {
    engine,
    elapse: async (ms) => {
      const until = cluster.world.now + ms
      while (cluster.world.now < until) await systemSettle()
    },
    reopen: async () => engine,
    dispose: async () => {
      await ok(engine.close())
      isOver = true
    },
  }
}
