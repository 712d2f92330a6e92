import * as E from 'fp-ts/lib/Either.js'
import { from, type Observable } from 'rxjs'
import type { AnyRecord } from '../contracts/stream-record.ts'
import { Attempt } from './attempt.ts'
import { chain, one } from './chain.ts'
import type { Entry } from './entry.ts'
import type { Gather } from './gather.ts'
import type { Stage } from './plan.ts'
import { decodeRecord } from './source.ts'

/** A new attempt at `entry`: decoded anew, gathering into `gather`, which is empty. Answers what its first stage begins with. */
export const beginAttempt = (entry: Entry, gather: Gather): Observable<AnyRecord> | undefined => {
  const attempt = new Attempt(gather, entry.source, entry)
  gather.begin(attempt)
  entry.gather = gather
  entry.attempt = attempt
  entry.stage = 0
  const decoded = decodeRecord(entry.source, entry, attempt)
  if (E.isRight(decoded)) return one(decoded.right)
  entry.fail(decoded.left)
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
  entry.isCompleted = false
  entry.collects = stage.work !== undefined
  entry.passed = entry.collects ? [] : undefined
  // what is hidden from the plan shows here
  if (entry.gather !== undefined) entry.gather.isAboveBatches = entry.collects
  try {
    const subscription = chain(stage.operators, source).subscribe(entry)
    if (subscription.closed) return true
    entry.subscription = subscription
    subscription.add(() => ended(entry))
    return false
  } catch (thrown) {
    entry.fail(thrown)
    return true
  }
}

/** What the stage behind bulk work begins with: all that came out of the one above it. */
export const passedOn = (entry: Entry): Observable<AnyRecord> => from(entry.passed ?? [])
