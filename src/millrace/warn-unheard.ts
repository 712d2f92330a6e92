import { defer } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import { tellOfHolds } from '../pipeline/held-up.ts'
import type { Running } from '../pipeline/run.ts'

/** `running`, which warns of what holds it up as long as nobody has subscribed to its `errors$`. */
export const warnUnheard = <R extends Running>(running: R, clock: Clock, warn: (message: string) => void): R => {
  let isHeard = false
  tellOfHolds(running, clock, (message) => {
    if (!isHeard) warn(`${message} (nobody listens to errors$ of this run)`)
  })
  const errors$ = defer(() => {
    isHeard = true
    return running.errors$
  })
  return { ...running, errors$ }
}
