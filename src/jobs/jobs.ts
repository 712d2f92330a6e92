import type { Observable } from 'rxjs'
import { base64 } from '../codec/base-64.ts'
import { bytes } from '../codec/bytes.ts'
import {
  type CommandOptions,
  idFault,
  idRecord,
  repeatRecord,
  scheduleRecord,
  whenFault,
} from '../codec/job-command.ts'
import type { RawOutput } from '../codec/job-headers.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { nullable } from '../codec/nullable.ts'
import type { Clock } from '../contracts/clock.ts'
import type { AnyDelayed, Delayed, Job, Repeated, When } from '../contracts/delayed.ts'
import { MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
import type { JobAnswer } from '../protocol/delay/job-state.ts'
import type { Answers } from './answers.ts'
import type { WaitingJobs } from './count-waiting.ts'
import type { JobMetrics } from './job-metrics.ts'
import type { RunningMover } from './movers.ts'
import type { Payload, Waits } from './payload.ts'
import { recurrenceFault, recurrenceText } from './recurrence.ts'
import { watchMetrics } from './watch-metrics.ts'

/** What came of a schedule. */
export type Scheduled =
  | {
      readonly _tag: 'scheduled'
      /** Milliseconds since the epoch. A job without an id says so only where it was given. */
      readonly dueMs: number | undefined
    }
  /** In the last 24 hours, so that nothing was done. */
  | { readonly _tag: 'already-fired'; readonly dueMs: number }

/** What came of a reschedule: nothing was done but where it is `scheduled`. */
export type Rescheduled = Scheduled | { readonly _tag: 'cancelled' } | { readonly _tag: 'unknown' }

/** What is known of an id. What has fired, or was cancelled, is forgotten after 24 hours. */
export type KnownJob =
  | { readonly _tag: 'pending'; readonly dueMs: number }
  | { readonly _tag: 'fired'; readonly dueMs: number }
  | { readonly _tag: 'cancelled' }

/** A job that waits. */
export interface PendingJob {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly dueMs: number
}

/**
 * The jobs of a delayed, from outside of a pipeline. Each call is a command, carried out by the one task that has the id, and
 * resolves with its answer once that is committed; so that two who ask at once are answered one after the other.
 *
 * What cannot be answered within 30 seconds rejects with `MillraceError` `timed-out`: it may be carried out all the same. A command
 * whose sending is uncertain is sent again under the same id, and carried out once.
 */
export interface Jobs<K, V, T> {
  /** Schedules a job, in place of one of this id that waits. One without an id is answered once it is durable. */
  readonly schedule: (job: Job<K, V, T>) => Promise<Scheduled>
  /**
   * Schedules a job that comes again by cron's times, from the next one on: one firing for each, across restarts and instances,
   * whose `timestamp` is that time. The same once more changes nothing, so that a program may say it at each start; `cancel`
   * ends it.
   */
  readonly repeat: (job: Repeated<K, V>) => Promise<Scheduled>
  /** After `cancelled` the job does not fire; after `already-fired` it has, once. */
  readonly cancel: (id: string) => Promise<'cancelled' | 'already-fired' | 'unknown'>
  /** Changes when a job that waits is due, either way; one that comes again comes once more, then, and ends. */
  readonly reschedule: (id: string, when: When<T>) => Promise<Rescheduled>
  /** What is known of an id, as of all that was committed before the call; `undefined` where nothing is. */
  readonly get: (id: string) => Promise<KnownJob | undefined>
  /** All that wait, in no order: as of when it reads each partition. */
  readonly list: () => AsyncIterableIterator<PendingJob>
  /** Counters of what moves them in this process: at once, and twice a second. */
  readonly metrics$: Observable<JobMetrics>
}

export interface JobsParts<K, V, T extends string> {
  readonly delayed: Delayed<K, V, T>
  readonly mover: () => Promise<RunningMover>
  readonly clock: Clock
  readonly random: Random
  readonly answers: Answers
  readonly waiting: () => Promise<WaitingJobs>
  /** Resolves once the record is durable. */
  readonly send: (record: RawOutput) => Promise<unknown>
  /** What a job that waits carries. */
  readonly payload: (job: Waits) => Promise<Payload | undefined>
  readonly list: () => AsyncIterableIterator<PendingJob>
}

const jobParts = ['id', 'after', 'at', 'key', 'value', 'headers']
const repeatedParts = ['id', 'cron', 'timeZone', 'missed', 'key', 'value', 'headers']
const whenParts = ['after', 'at']

const firstPauseMs = 50
const longestPauseMs = 2_000
/** How long a command that may have been sent is sent again. */
const resendMs = 20_000

/** See {@link Jobs}. */
export const jobsOf = <K, V, T extends string>(o: JobsParts<K, V, T>): Jobs<K, V, T> => {
  const { delayed, clock, random, answers, mover } = o

  /** The same command again is the same: what is uncertain is done until it is certain. */
  const sendSurely = async (record: RawOutput): Promise<void> => {
    const begun = clock.elapsed()
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        await o.send(record)
        return
      } catch (error) {
        const mayPass = error instanceof MillraceError && (error.kind === 'indeterminate' || error.kind === 'retriable')
        if (!mayPass || clock.elapsed() - begun > resendMs) throw error
      }
      await new Promise<void>((ring) => clock.after(pauseMs, ring, true))
    }
  }
  const unique = (): string => base64(random.id())
  const ask = async (record: (options: CommandOptions) => RawOutput, expect?: number): Promise<JobAnswer> => {
    const command = unique()
    // what cannot be written is refused before anything is waited for
    const written = record({ command, ...(expect === undefined ? {} : { expect }) })
    await mover()
    return answers.to(command, () => sendSurely(written))
  }
  const raw: AnyDelayed = { ...delayed, to: { ...delayed.to, key: nullable(bytes), value: nullable(bytes) } }
  const look = (id: string): Promise<JobAnswer> => ask((options) => idRecord(delayed, 'look', id, options))

  return {
    schedule: async (job) => {
      refuseUnknownOptions(`schedule of '${delayed.name}'`, job, jobParts)
      if (job.id === undefined) {
        const record = scheduleRecord(delayed, job, { unique })
        await mover()
        await o.send(record)
        return { _tag: 'scheduled', dueMs: job.at }
      }
      return scheduledOf(await ask((options) => scheduleRecord(delayed, job, options)))
    },
    repeat: async (job) => {
      refuseUnknownOptions(`repeat of '${delayed.name}'`, job, repeatedParts)
      const { cron, timeZone = 'UTC', missed = 'once' } = job
      const fault = recurrenceFault({ cron, timeZone, missed })
      if (fault !== undefined) throw new TypeError(`repeat of '${delayed.name}': ${fault}`)
      const series = recurrenceText({ cron, timeZone, missed })
      return scheduledOf(await ask((options) => repeatRecord(delayed, job, series, options)))
    },
    cancel: async (id) => {
      const answer = await ask((options) => idRecord(delayed, 'cancel', id, options))
      return answer._tag === 'cancelled' || answer._tag === 'already-fired' ? answer._tag : 'unknown'
    },
    reschedule: async (id, when) => {
      refuseUnknownOptions(`reschedule of '${delayed.name}'`, when, whenParts)
      const fault = idFault(id) ?? whenFault(delayed, when)
      if (fault !== undefined) throw new TypeError(`reschedule of '${delayed.name}': ${fault}`)
      for (;;) {
        const known = await look(id)
        if (known._tag !== 'pending') return notPending(known)
        const payload = await o.payload({ id, gen: known.gen, dueMs: known.dueMs })
        // it has moved on since
        if (payload === undefined) continue
        const job = { ...payload, id, ...when }
        const answer = await ask((options) => scheduleRecord(raw, job, options), known.gen)
        if (answer._tag !== 'pending') return answer._tag === 'scheduled' ? scheduledOf(answer) : notPending(answer)
      }
    },
    get: async (id) => {
      const answer = await look(id)
      switch (answer._tag) {
        case 'pending':
          return { _tag: 'pending', dueMs: answer.dueMs }
        case 'already-fired':
          return { _tag: 'fired', dueMs: answer.dueMs }
        case 'cancelled':
          return answer
        default:
          return undefined
      }
    },
    list: o.list,
    metrics$: watchMetrics(o),
  }
}

/** Of an id that had no other schedule to expect. */
const scheduledOf = (answer: JobAnswer): Scheduled =>
  answer._tag === 'already-fired'
    ? { _tag: 'already-fired', dueMs: answer.dueMs }
    : { _tag: 'scheduled', dueMs: 'dueMs' in answer ? answer.dueMs : undefined }

const notPending = (answer: JobAnswer): Rescheduled => {
  if (answer._tag === 'already-fired') return { _tag: 'already-fired', dueMs: answer.dueMs }
  return { _tag: answer._tag === 'cancelled' ? 'cancelled' : 'unknown' }
}
