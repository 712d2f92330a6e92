import { from, type Observable, type Subscription } from 'rxjs'
import type { AnyRecord } from '../contracts/stream-record.ts'
import { Attempt } from './attempt.ts'
import { UnreadableRecord } from './attempt-errors.ts'
import { chain, one } from './chain.ts'
import { ChainEnd } from './chain-end.ts'
import type { Entry } from './entry.ts'
import type { Gather } from './gather.ts'
import type { Stage } from './plan.ts'
import { readRecord } from './source.ts'

/** A new attempt at `entry`: decoded anew, gathering into `gather`, behind what that has. Answers what its first stage begins with. */
export const beginAttempt = (entry: Entry, gather: Gather): Observable<AnyRecord> | undefined => {
  const attempt = new Attempt(gather, entry.source, entry)
  gather.begin(attempt)
  entry.gather = gather
  entry.attempt = attempt
  entry.stage = 0
  const record = readRecord(entry.source, entry, attempt)
  if (!(record instanceof UnreadableRecord)) return one(record)
  entry.fail(record)
  return undefined
}

/**
 * Runs one stage of `entry` over `source`. Answers whether it ended at once; otherwise `ended` is called when its
 * observable has completed and torn down, or failed, from within whatever completed it.
 */
export const runStage = (
  entry: Entry,
  stage: Stage,
  source: Observable<AnyRecord>,
  ended: (entry: Entry) => void,
): boolean => {
  const isAboveBatches = stage.work !== undefined
  entry.passed = isAboveBatches ? [] : undefined
  // what is hidden from the plan shows here
  if (entry.gather !== undefined) entry.gather.isAboveBatches = isAboveBatches
  const end = new ChainEnd(entry.passed)
  try {
    const subscription = chain(stage.operators, source).subscribe(end)
    if (!subscription.closed) {
      goesOn(entry, end, subscription, ended)
      return false
    }
  } catch (thrown) {
    end.fail(thrown)
  }
  if (end.hasFailed) entry.fail(end.reason)
  return true
}

/** The chain of `entry` has not ended where it was subscribed: `ended` is called when it has. */
export const goesOn = (
  entry: Entry,
  end: ChainEnd,
  subscription: Subscription,
  ended: (entry: Entry) => void,
): void => {
  entry.subscription = subscription
  subscription.add(() => {
    if (end.hasFailed) entry.fail(end.reason)
    ended(entry)
  })
}

/** What the stage behind bulk work begins with: all that came out of the one above it. */
export const passedOn = (entry: Entry): Observable<AnyRecord> => from(entry.passed ?? [])
