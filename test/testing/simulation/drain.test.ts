import { NEVER } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { SimulatedCluster } from '../../../src/engines/simulated/cluster.ts'
import { systemSettle } from '../../../src/millrace/system.ts'
import type { Running } from '../../../src/pipeline/run.ts'
import { clusterSetting } from '../../../src/testing/simulation/cluster-setting.ts'
import { Drain, type Programs } from '../../../src/testing/simulation/drain.ts'
import { Driver } from '../../../src/testing/simulation/driver.ts'
import { wait } from '../../../src/testing/simulation/wait.ts'

/** When a pipeline is asked whether it has caught up and answers, and when all is worked off; it takes so long to answer. */
const drained = async ([...answersMs]: readonly number[], more: Partial<Programs> = {}) => {
  const cluster = new SimulatedCluster({ world: { seed: 1, settle: systemSettle } })
  const { world, supervisor } = cluster
  const asked: number[] = []
  const answered: number[] = []
  const running: Running = {
    progress$: NEVER,
    errors$: NEVER,
    metrics$: NEVER,
    done: new Promise(() => {}),
    caughtUp: async () => {
      asked.push(world.now)
      await wait(world, supervisor, answersMs.shift() ?? 0)
      answered.push(world.now)
    },
    store: () => expect.fail('nobody asks'),
    stop: async () => {},
  }
  const programs = { runs: [running], isStarting: false, isComing: false, hasRun: true, ends: [], ...more }
  const drain = new Drain({ setting: clusterSetting(cluster), programs: () => programs })
  const driver = new Driver(world, systemSettle)
  await driver.drive(drain.drained(), { forMs: 600_000, otherwise: () => drain.state })
  return { asked, answered, endMs: world.now }
}

describe('what has been worked off', () => {
  it('is asked again of a pipeline only once it has answered', async () => {
    const { asked, answered } = await drained([30_000, 12_000, 3_000])
    expect(asked).toHaveLength(3)
    for (const [at, ms] of asked.entries()) if (at > 0) expect(ms).toBeGreaterThan(answered[at - 1] ?? Infinity)
  })

  it('is known by what was asked last, not by the answer to an earlier question', async () => {
    for (const answersMs of [
      [0, 0],
      [1_000, 4_000],
      [6_000, 300],
    ]) {
      const { asked, answered, endMs } = await drained(answersMs)
      expect(asked).toHaveLength(2)
      expect(answered).toHaveLength(2)
      expect(endMs).toBeGreaterThanOrEqual(answered[1] ?? Infinity)
    }
  })

  it('is known after a while of quiet where a program may be about to run more', async () => {
    const { asked, endMs } = await drained([], { isStarting: true })
    expect(endMs - (asked[1] ?? 0)).toBeGreaterThanOrEqual(70_000)
  })
})
