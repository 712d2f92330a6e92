import { given } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import type { ClusterOptions } from '../engines/simulated/cluster-options.ts'
import { systemSettle } from '../millrace/system.ts'
import { checkCluster, checkSeed } from './run-options.ts'
import { Scenario } from './simulation/scenario.ts'
import { virtualGlobals } from './virtual-globals/install.ts'

export interface SimulateOptions {
  /** Of everything that is random; 1 where nothing is said. */
  readonly seed?: number
  readonly cluster?: Partial<ClusterOptions>
}

/**
 * Plays a story in a simulated cluster, step by step, on virtual time: programs start and crash, brokers go down, the
 * network is cut. What is awaited lets the world go on until it is done; meanwhile nothing happens.
 *
 * **Guarantees** the same scenario with the same seed is the same run.
 *
 * **Errors** rejects with what the scenario throws; with `NotInTime` where something does not happen within its virtual
 * time, and with `OutsideWorld` where a program reaches for the network or the disk.
 */
export const simulate = async <A>(
  scenario: (sim: Scenario) => Promise<A>,
  options: SimulateOptions = {},
): Promise<A> => {
  const what = 'simulate(…)'
  refuseUnknownOptions(what, options, ['seed', 'cluster'])
  if (typeof scenario !== 'function')
    throw new TypeError(`${what} takes a function of a simulation, and not ${given(scenario)}`)
  checkSeed(what, options.seed)
  checkCluster(what, options.cluster)
  const restore = virtualGlobals()
  try {
    const sim = new Scenario({ seed: options.seed ?? 1, cluster: options.cluster ?? {}, settle: systemSettle })
    await sim.begin()
    try {
      return await scenario(sim)
    } finally {
      sim.end()
    }
  } finally {
    // what programs have begun and nobody waits for ends while it still is theirs
    await systemSettle()
    restore()
  }
}
