import type { Observable } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import type { Notice } from './notice.ts'

/** Between two that are told of one run. */
const quietMs = 60_000

/** Tells of what keeps a run, or a record of it, from going on: at once, then rarely. */
export const tellOfHolds = (
  { errors$ }: { readonly errors$: Observable<Notice> },
  clock: Clock,
  tell: (message: string) => void,
): void => {
  let quietUntilMs = Number.NEGATIVE_INFINITY
  errors$.subscribe((notice) => {
    if (!holdsUp(notice)) return
    // what is told only once is not to be lost among the rest
    if (notice._tag !== 'task-halted' && clock.elapsed() < quietUntilMs) return
    quietUntilMs = clock.elapsed() + quietMs
    tell(notice.message)
  })
}

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
