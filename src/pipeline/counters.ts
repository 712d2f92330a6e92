import { attemptsBounds, emptyHistogram, latenessBoundsMs } from './histogram.ts'
import type { WaitingNow } from './waiting-now.ts'

/** Plain counters of one run, since it began, and what it has at the moment. */
export interface RunMetrics extends WaitingNow {
  /** Committed, those that came back among them. */
  readonly records: number
  /** Committed, state and dead letters not among them. */
  readonly outputs: number
  /** Changes of state, committed. */
  readonly stateWrites: number
  /** Attempts that failed. */
  readonly failures: number
  readonly skipped: number
  readonly deadLettered: number
  /** The same by the name of the error: `DecodeError`, `TypeError`, `CardRefused`. */
  readonly deadLetteredBy: Readonly<Record<string, number>>
  /** Failures that were put off, to be tried again when they are due. */
  readonly putOff: number
  /** Records that began to wait in order, at the front of their key or behind it. */
  readonly parked: number
  /** Of these, those that wait no more. */
  readonly drained: number
  /** Records that had been put off, or were given up, by how often each was tried: see {@link attemptsBounds}. */
  readonly attempts: readonly number[]
  /** How much later than due what was put off came back, by {@link latenessBoundsMs}. */
  readonly latenessMs: readonly number[]
  readonly commits: number
  /** Commits that were tried again. */
  readonly commitRetries: number
  /** Written through records that had ended, and refused. */
  readonly lateEmissions: number
  /** Read from the engine. */
  readonly fetchedBytes: number
  /** How many of its tasks wait at the moment, since what they read is damaged. */
  readonly haltedTasks: number
  /** Read back from changelogs when tasks began, and in how many bytes. */
  readonly restoredRecords: number
  readonly restoredBytes: number
  /** How many offsets of changelogs are still to be read, at the moment, before tasks that are beginning go on. */
  readonly restoring: number
}

type NotCounted = keyof WaitingNow | 'haltedTasks' | 'restoredRecords' | 'restoredBytes' | 'restoring'

/** Those that are counted where they happen. */
export type Counters = { -readonly [M in Exclude<keyof RunMetrics, NotCounted>]: Counted<RunMetrics[M]> }
type Counted<A> = A extends readonly number[] ? number[] : A

export const newCounters = (): Counters => ({
  records: 0,
  outputs: 0,
  stateWrites: 0,
  failures: 0,
  skipped: 0,
  deadLettered: 0,
  deadLetteredBy: {},
  putOff: 0,
  parked: 0,
  drained: 0,
  attempts: emptyHistogram(attemptsBounds),
  latenessMs: emptyHistogram(latenessBoundsMs),
  commits: 0,
  commitRetries: 0,
  lateEmissions: 0,
  fetchedBytes: 0,
})

/** How many names of errors are told apart; all others are one. */
const namesMax = 50

/** One more dead letter, for an error of this name. */
export const countLetter = (counters: Counters, name: string): void => {
  counters.deadLettered += 1
  const by = counters.deadLetteredBy
  const known = Object.hasOwn(by, name) || Object.keys(by).length < namesMax ? name : 'others'
  // another object: whoever was told the counters has the last one
  counters.deadLetteredBy = { ...by, [known]: (by[known] ?? 0) + 1 }
}
