import type { SimulatedCluster } from '../cluster.ts'
import type { Process } from '../world/process.ts'

/** How many messages go by, at most. */
const messagesMax = 24

/** Beside which message it happens. */
export interface Beside {
  readonly when: 'before' | 'after'
  /** The name of the request; of an answer with `: answer` behind it. */
  readonly message: string
}

export interface Waiting {
  /** `before it sends its message 3 from now on` */
  readonly until: string
  readonly stop: () => void
}

/**
 * Calls `strike` at once, or just before or after one of the next messages of `process` that count, as the world
 * chooses: so that it comes between any two things that are done one after the other. Answers what is waited for, where it
 * is not struck yet.
 */
export const atSomeMoment = (
  { world, network, supervisor }: SimulatedCluster,
  process: Process,
  strike: (beside: Beside | undefined) => void,
  counts: (message: string) => boolean = () => true,
): Waiting | undefined => {
  const moment = world.choices.pick('process', 1 + 2 * messagesMax, 0.75)
  if (moment === 0) {
    strike(undefined)
    return undefined
  }
  const number = Math.ceil(moment / 2)
  const when = moment % 2 === 1 ? 'before' : 'after'
  let left = number
  const stop = network.onSend(({ from, what: message }) => {
    if (from !== process || !counts(message) || --left > 0) return
    stop()
    if (when === 'before') strike({ when, message })
    else world.after(supervisor, 0, 'crash', () => strike({ when, message }))
  })
  return { until: `${when} it sends its message ${number} from now on`, stop }
}
