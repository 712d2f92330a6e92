import { SimulatedCluster } from '../../engines/simulated/cluster.ts'
import { beginningUnder } from '../../engines/simulated/faults/near-wrap.ts'
import { Nemesis } from '../../engines/simulated/faults/nemesis.ts'
import type { Clients } from '../../engines/simulated/faults/scene.ts'
import { CommittedChanges } from '../../engines/simulated/invariants/committed-changes.ts'
import { watchInvariants } from '../../engines/simulated/invariants/watch-invariants.ts'
import type { TopicView } from '../../engines/simulated/wire.ts'
import { clusterSetting } from './cluster-setting.ts'
import type { Plan } from './plan.ts'
import type { Stage } from './stage.ts'

/** Begins faults; the answer ends them. */
type Faults = (cluster: SimulatedCluster, clients: Clients, plan: Plan) => () => void

/** Runs in a cluster: with the faults of the plan where nothing is said, and watched at every step. */
export const clusterStage =
  (faults: Faults = faultsOfPlan): Stage =>
  (plan, world, violated) => {
    const cluster = new SimulatedCluster({ ...beginningUnder(plan.faults), ...plan.cluster, world })
    const changes = new CommittedChanges(cluster.world)
    const setting = clusterSetting(cluster)
    return {
      setting,
      bringFaults: (clients) => faults(cluster, clients, plan),
      reached: watchInvariants(cluster, violated, changes),
      moments: (topics) => {
        const isHidden = ({ name, internal, config }: TopicView) =>
          !internal && !topics.has(name) && config['cleanup.policy'] !== 'compact'
        const all = [...cluster.controller.view.topics.values()]
        return setting.keepsSends && !all.some(isHidden) ? changes.moments : undefined
      },
    }
  }

const faultsOfPlan: Faults = (cluster, clients, { faults }) => {
  const nemesis = new Nemesis({ cluster, clients, faults })
  return () => nemesis.heal()
}
