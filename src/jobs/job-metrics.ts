import { countIn, emptyHistogram, latenessBoundsMs } from '../pipeline/histogram.ts'
import type { JobEffect } from '../protocol/delay/job.ts'
import type { WaitingJobs } from './count-waiting.ts'

/** What has become of jobs, and what waits. */
export interface JobMetrics extends MovedJobs, WaitingJobs {}

/** What has become of jobs since this process began to move them: counted when it was decided, by the tasks it has. */
export interface MovedJobs {
  readonly scheduled: number
  /** Of those, in place of one that waited. */
  readonly replaced: number
  /** Written to the target. */
  readonly fired: number
  /** From one place to wait to another. */
  readonly hops: number
  /** Records of jobs that were cancelled or replaced, dropped when they surfaced. */
  readonly stale: number
  readonly cancels: {
    readonly cancelled: number
    readonly alreadyFired: number
    /** Nothing was known of the id: where it was a record that cancelled, that is kept. */
    readonly unknown: number
  }
  /** Schedules that came to nothing, since the id had fired in the last 24 hours. */
  readonly deduplicated: number
  /** Schedules that came after what cancels them. */
  readonly bornCancelled: number
  /** Commands that came twice, and were answered as before. */
  readonly repeated: number
  /** What is no command, and no job's record: in the dead letters. */
  readonly unreadable: number
  /** How much later than due jobs were let go, by {@link latenessBoundsMs}; the commit comes on top. */
  readonly latenessMs: readonly number[]
}

type Mutable<A> = { -readonly [P in keyof A]: A[P] extends number ? number : A[P] }

/** Counts. One for each mover. */
export class JobCounters {
  readonly #counts: Mutable<Omit<MovedJobs, 'cancels' | 'latenessMs'>> = {
    scheduled: 0,
    replaced: 0,
    fired: 0,
    hops: 0,
    stale: 0,
    deduplicated: 0,
    bornCancelled: 0,
    repeated: 0,
    unreadable: 0,
  }
  readonly #cancels = { cancelled: 0, alreadyFired: 0, unknown: 0 }
  readonly #latenessMs: number[] = emptyHistogram(latenessBoundsMs)

  /** As it is now. */
  get metrics(): MovedJobs {
    return { ...this.#counts, cancels: { ...this.#cancels }, latenessMs: [...this.#latenessMs] }
  }

  unreadable(): void {
    this.#counts.unreadable += 1
  }

  /** `isHop`: what is routed comes from another place. */
  count(effect: JobEffect, now: number, isHop: boolean): void {
    switch (effect._tag) {
      case 'route':
        if (isHop) this.#counts.hops += 1
        return
      case 'fire':
        this.#counts.fired += 1
        countIn(this.#latenessMs, latenessBoundsMs, now - effect.dueMs)
        return
      case 'drop':
        this.#counts.stale += 1
        return
      case 'told':
        return this.#told(effect)
      case 'answer':
        return
    }
  }

  #told({ what, answer, isRepeated }: JobEffect & { readonly _tag: 'told' }): void {
    if (isRepeated) this.#counts.repeated += 1
    else if (what === 'cancel') this.#cancels[cancelCounter[answer._tag]] += 1
    else if (what === 'schedule') {
      if (answer._tag === 'scheduled') {
        this.#counts.scheduled += 1
        if (answer.replaced) this.#counts.replaced += 1
      } else if (answer._tag === 'already-fired') this.#counts.deduplicated += 1
      else if (answer._tag === 'cancelled') this.#counts.bornCancelled += 1
    }
  }
}

const cancelCounter = {
  cancelled: 'cancelled',
  'already-fired': 'alreadyFired',
  unknown: 'unknown',
  pending: 'unknown',
  scheduled: 'unknown',
} as const
