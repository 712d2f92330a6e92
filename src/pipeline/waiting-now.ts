/** What waits at the moment, of the tasks that an instance has. */
export interface WaitingNow {
  /**
   * Records in the topics in which this pipeline's wait until they are due, by their offsets: about, since ends of transactions are
   * counted too. One for each record that was put off, and under `ordered` one for each parked key.
   */
  readonly waiting: number
  /** By how many milliseconds the first of them is overdue: 0 where none is. */
  readonly overdueMs: number
  /** Records that wait in order. */
  readonly parkedNow: number
  /** Keys of which some do. */
  readonly parkedKeys: number
  /** For how many milliseconds the key has been parked that has been so longest; 0 where none is. */
  readonly oldestParkedMs: number
}
