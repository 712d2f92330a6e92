import { alterRefusal } from '../../../protocol/broker/alter-partition.ts'
import { controllerWith, type stepController } from '../../../protocol/broker/partition-controller.ts'
import { electLeader } from '../../../protocol/broker/partition-election.ts'
import type { Mutant } from '../cluster-options.ts'

/** The controller of a partition, with what is broken on purpose. */
export const controllerRules = (mutants: readonly Mutant[]): typeof stepController => {
  const step = controllerWith({
    refuseAlter: alterRefusal,
    elect: mutants.includes('elects-anybody') ? electAnybody : electLeader,
  })
  return (was, command) => {
    const [is, effects] = step(was, command)
    if (mutants.includes('leader-epoch-stays')) return [{ ...is, leaderEpoch: was.leaderEpoch }, effects]
    const { leader, isr } = is
    const mayJoin = mutants.includes('elects-anybody') && leader !== undefined && !isr.includes(leader)
    return [mayJoin ? { ...is, isr: [leader], elr: [] } : is, effects]
  }
}

/** The next one, whatever it has. */
const electAnybody: typeof electLeader = (candidates, kind, view) => {
  const { leader, replicas } = candidates.registration
  if (leader !== undefined && candidates.isr.includes(leader)) return electLeader(candidates, kind, view)
  const next = replicas.toReversed().find((broker) => view.active.has(broker))
  return { leader: next, unclean: false }
}
