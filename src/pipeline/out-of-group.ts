import type { EngineFailure } from '../contracts/failure.ts'
import type { Plan } from './plan.ts'

/** What is said of a run whose group does not have it any more: why, and the way out. */
export const outOfGroup = (plan: Plan, failure: EngineFailure): EngineFailure => ({
  ...failure,
  message:
    failure.code === 'invalid-partitions' && plan.tiers.length > 0
      ? outgrownTiers(plan, failure)
      : `pipeline '${plan.name}' is out of its group, and has to be run again: ${failure.message}`,
})

/** A topic that it reads has grown: where its records wait is made as large when a run begins. */
const outgrownTiers = ({ name, stores }: Plan, { message }: EngineFailure): string => {
  const kept = [...stores.keys()].map((store) => `'${store}'`).join(', ')
  const way =
    kept === ''
      ? 'run it again: they grow then, and what waits there comes back'
      : `what its stores have (${kept}) has not moved with its keys: run it under a new name`
  return `pipeline '${name}' has ended, since a topic that it reads has grown beyond those in which its records wait; ${way} (${message})`
}
