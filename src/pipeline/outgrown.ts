import { aloneBytes } from '../batch/record-size.ts'
import { headersLike } from '../store/changelog-record.ts'
import type { DonePrefix } from './done-prefix.ts'
import type { LiveTask, TakenPrefix } from './live-task.ts'

/** The tasks of `taken` that have done what its topic no longer takes: each record fitted when it was written. */
export const outgrown = (taken: readonly TakenPrefix[]): readonly LiveTask[] =>
  taken.flatMap(({ task, prefix }) => (task.isOurs && !fits(prefix) ? [task] : []))

const fits = ({ outputs, writes }: DonePrefix): boolean => {
  for (let at = 0; at < outputs.count; at++)
    if (outputs.aloneBytesOf(at) > outputs.sinkOf(at).recordBytesMax) return false
  return writes.every(
    ({ store, key, value, expiresAt }) =>
      aloneBytes(key, value ?? null, headersLike(expiresAt)) <= store.changelog.recordBytesMax,
  )
}
