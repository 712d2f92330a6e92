import type { Subscription } from 'rxjs'
import type { AnyRecord } from '../contracts/stream-record.ts'
import { Attempt } from './attempt.ts'
import { UnreadableRecord } from './attempt-errors.ts'
import { chain, type Operators, one } from './chain.ts'
import { ChainEnd } from './chain-end.ts'
import type { DoneSoFar } from './done-prefix.ts'
import type { Feed } from './feed.ts'
import type { Gather } from './gather.ts'
import { type RawRecord, readRecord } from './source.ts'

/** How far a series of records came, each run from its beginning to its end before the next. */
export interface Series {
  /** How many are done. */
  readonly records: number
  /** The one that ended it: it has failed, or goes on, or was given up. What it wrote so far is in the gather. */
  readonly last?: LastOfSeries
}

export interface LastOfSeries {
  readonly raw: RawRecord
  readonly attempt: Attempt
  readonly end: ChainEnd
  /** Of its chain, where that has not ended. */
  readonly subscription: Subscription | undefined
}

export interface SeriesLimits {
  readonly maxRecords: number
  /** Looked at every few records. */
  readonly isSpent: () => boolean
  /** Looked at after each record. */
  readonly isOver: () => boolean
}

/** How often the clock is looked at. */
const recordsPerLook = 4

/**
 * Runs the records at hand, each through a chain of its own, for as long as each has ended where it was subscribed: then
 * it is added to `done`, and `gather` serves the next. Ends at the chunk's end, at a limit, or at the record that fails,
 * goes on or is given up.
 *
 * Throws what the feed throws where it cannot be read.
 */
export const runSeries = (
  operators: Operators,
  feed: Feed,
  gather: Gather,
  done: DoneSoFar,
  limits: SeriesLimits,
): Series => {
  const { source } = feed.chunk
  let records = 0
  while (feed.next() === 'record') {
    const raw = feed.record
    const attempt = new Attempt(gather, source, raw)
    gather.writeTo(done.outputs)
    gather.begin(attempt)
    const end = new ChainEnd()
    let subscription: Subscription | undefined
    const record = readRecord(source, raw, attempt)
    if (record instanceof UnreadableRecord) end.fail(record)
    else subscription = runChain(operators, record, end)
    if (subscription === undefined && gather.refused !== undefined) end.fail(gather.refused)
    if (subscription !== undefined || end.hasFailed || gather.open !== attempt)
      return { records, last: { raw, attempt, end, subscription } }
    keep(gather)
    done.add(gather, source, feed.standing, 1)
    records += 1
    if (records >= limits.maxRecords || limits.isOver()) break
    if (records % recordsPerLook === 0 && limits.isSpent()) break
  }
  return { records }
}

/** Of what cannot be kept as a whole nothing is to be left. */
const keep = (gather: Gather): void => {
  try {
    gather.keep()
  } catch (error) {
    gather.dropAll()
    throw error
  }
}

/** Answers the subscription where the chain has not ended by itself. */
const runChain = (operators: Operators, record: AnyRecord, end: ChainEnd): Subscription | undefined => {
  try {
    const subscription = chain(operators, one(record)).subscribe(end)
    return subscription.closed ? undefined : subscription
  } catch (thrown) {
    end.fail(thrown)
    return undefined
  }
}
