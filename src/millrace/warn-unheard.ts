import { defer } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import type { Notice } from '../pipeline/notice.ts'
import type { Running } from '../pipeline/run.ts'

/** Between two warnings of one run. */
const quietMs = 60_000

/** It keeps the run, or a record of it, from going on. */
const holdsUp = (notice: Notice): boolean => {
  // what was put off holds nothing up
  if (notice._tag === 'record-failed') return notice.retryInMs !== undefined && notice.policy !== 'retryLater'
  return (
    notice._tag === 'task-halted' ||
    notice._tag === 'outage' ||
    notice._tag === 'engine' ||
    notice._tag === 'record-slow'
  )
}

/** `running`, which warns of what holds it up as long as nobody has subscribed to its `errors$`: at once, then rarely. */
export const warnUnheard = <R extends Running>(running: R, clock: Clock, warn: (message: string) => void): R => {
  let isHeard = false
  let quietUntilMs = Number.NEGATIVE_INFINITY
  running.errors$.subscribe((notice) => {
    if (isHeard || !holdsUp(notice)) return
    // what is told only once is not to be lost among the rest
    if (notice._tag !== 'task-halted' && clock.elapsed() < quietUntilMs) return
    quietUntilMs = clock.elapsed() + quietMs
    warn(`${notice.message} (nobody listens to errors$ of this run)`)
  })
  const errors$ = defer(() => {
    isHeard = true
    return running.errors$
  })
  return { ...running, errors$ }
}
