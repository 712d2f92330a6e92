/** Plain counters of one run, since it began, and what it has at the moment. */
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
  /** How many of its tasks wait at the moment, since what they read is damaged. */
  readonly haltedTasks: number
}

/** Those that only grow. */
export type Counters = { -readonly [M in Exclude<keyof RunMetrics, 'haltedTasks'>]: RunMetrics[M] }

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
