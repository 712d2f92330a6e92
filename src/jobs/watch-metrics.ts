import { Observable } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import { nothingWaits, type WaitingJobs } from './count-waiting.ts'
import type { JobMetrics } from './job-metrics.ts'
import type { RunningMover } from './movers.ts'

export interface WatchParts {
  readonly mover: () => Promise<RunningMover>
  readonly clock: Clock
  readonly waiting: () => Promise<WaitingJobs>
}

const pulseMs = 500

/** What has become of jobs, at once and twice a second. What waits is what was last counted, where the engine does not answer. */
export const watchMetrics = ({ mover, clock, waiting }: WatchParts): Observable<JobMetrics> =>
  new Observable((subscriber) => {
    let cancel = (): void => undefined
    let last = nothingWaits
    const pulse = async (moved: RunningMover): Promise<void> => {
      last = await waiting().catch(() => last)
      if (subscriber.closed) return
      subscriber.next({ ...moved.metrics(), ...last })
      cancel = clock.after(pulseMs, () => void pulse(moved))
    }
    mover()
      .then(pulse)
      .catch((error: unknown) => subscriber.error(error))
    return () => cancel()
  })
