import { awaitedMembers } from '../../engines/simulated/awaited-members.ts'
import { simulatedEngine } from '../../engines/simulated/client/engine.ts'
import type { SimulatedCluster } from '../../engines/simulated/cluster.ts'
import type { Setting } from './setting.ts'

/** A cluster, as programs find it that are clients of it. */
export const clusterSetting = (cluster: SimulatedCluster): Setting => {
  const { world, supervisor, options } = cluster
  return {
    name: 'the cluster',
    world,
    supervisor,
    engine: simulatedEngine(cluster, supervisor),
    engineOf: (process) => simulatedEngine(cluster, process),
    skewOf: (process) => cluster.skewOf(process),
    wantsTopics: true,
    get isWhole() {
      return cluster.isWhole
    },
    awaited: () => awaitedMembers(cluster),
    keepsSends: options.acks === 'all' && !options.uncleanLeaderElection,
    appendedMs: (record) => cluster.appendedMs(record),
  }
}
