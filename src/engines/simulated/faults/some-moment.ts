import type { SimulatedCluster } from '../cluster.ts'
import type { Process } from '../world/process.ts'

/** How many messages go by, at most: of all that count, and of those of which there are few. */
const messagesMax = 24
const rareMax = 12

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

/** Which messages something may come beside. */
export interface Messages {
  /** All where nothing is said. */
  readonly counted?: ReadonlySet<string>
  /** Those that matter most, which would hardly ever be met among the others. */
  readonly rare: ReadonlySet<string>
}

/**
 * Calls `strike` at once, or just before or after one of the next messages of `process`, as the world chooses: so that it
 * comes between any two things that are done one after the other. Answers what is waited for, where it is not struck yet.
 */
export const atSomeMoment = (
  { world, network, supervisor }: SimulatedCluster,
  process: Process,
  { counted, rare }: Messages,
  strike: (beside: Beside | undefined) => void,
): Waiting | undefined => {
  const moment = world.choices.pick('process', 1 + 2 * (messagesMax + rareMax), 0.75)
  if (moment === 0) {
    strike(undefined)
    return undefined
  }
  const nth = Math.ceil(moment / 2)
  const isRare = nth > messagesMax
  const number = isRare ? nth - messagesMax : nth
  const when = moment % 2 === 1 ? 'before' : 'after'
  const among = isRare ? rare : counted
  let left = number
  const stop = network.onSend(({ from, what: message }) => {
    if (from !== process || among?.has(message) === false || --left > 0) return
    stop()
    if (when === 'before') strike({ when, message })
    else world.after(supervisor, 0, 'crash', () => strike({ when, message }))
  })
  return { until: `${when} it sends its message ${number} ${isRare ? 'about a commit ' : ''}from now on`, stop }
}
