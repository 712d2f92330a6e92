/** Plain counters of one run, since it began. */
export interface RunMetrics {
  /** Committed. */
  readonly records: number
  /** Committed, state and dead letters not among them. */
  readonly outputs: number
  /** Changes of state, committed. */
  readonly stateWrites: number
  /** Attempts that failed. */
  readonly failures: number
  readonly skipped: number
  readonly deadLettered: number
  readonly commits: number
  /** Commits that were tried again. */
  readonly commitRetries: number
  /** Written through records that had ended, and refused. */
  readonly lateEmissions: number
  /** Read from the engine. */
  readonly fetchedBytes: number
}

export type Counters = { -readonly [M in keyof RunMetrics]: RunMetrics[M] }

export const newCounters = (): Counters => ({
  records: 0,
  outputs: 0,
  stateWrites: 0,
  failures: 0,
  skipped: 0,
  deadLettered: 0,
  commits: 0,
  commitRetries: 0,
  lateEmissions: 0,
  fetchedBytes: 0,
})
