import * as E from 'fp-ts/lib/Either.js'
import type { CommittedOffset, Producer } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
import type { Position } from '../contracts/position.ts'
import type { CommitterSetup } from './committer.ts'
import type { TakenPrefix } from './live-task.ts'
import { countsOf, endsOf, OutputBatches } from './output-batches.ts'

/**
 * Appends what was done: once, whatever answers are lost, since the same bytes again are the same append. Answers where it ends
 * in each partition.
 */
export const writeOutputs = async (
  { topics, clock, calls, counters }: CommitterSetup,
  producer: Producer,
  taken: readonly TakenPrefix[],
): Promise<readonly Position[]> => {
  const batches = new OutputBatches(topics)
  for (const { task, prefix } of taken) if (task.isOurs) batches.add(task.task, prefix, clock.now())
  const unsealed = batches.build()
  const counts = countsOf(unsealed)
  for (let failures = 1; unsealed.length > 0; failures++) {
    const appended = await producer.append(unsealed)()
    if (E.isRight(appended)) return endsOf(appended.right, counts)
    const failure = appended.left
    counters.commitRetries += 1
    // the same bytes again would not be told apart: whoever starts anew does again what is not committed
    const isHopeless = failure.code === 'outcome-unknown'
    if (isHopeless || (failure.kind !== 'retriable' && failure.kind !== 'indeterminate'))
      throw new MillraceError(failure)
    await calls.backOff('writing outputs', failure, failures)
  }
  return []
}

/** Commits offsets; `offsets` is asked anew at each try, and none are left once the tasks have gone elsewhere. */
export const commitOffsets = async (
  { engine, membership, calls, counters }: CommitterSetup,
  offsets: () => readonly CommittedOffset[],
): Promise<void> => {
  for (let failures = 1; ; failures++) {
    const now = offsets()
    if (now.length === 0) return
    const committed = await engine.groups.commit(membership.token(), now)()
    if (E.isRight(committed)) return
    const failure = committed.left
    counters.commitRetries += 1
    if (failure.kind === 'fatal' || failure.kind === 'refused') throw new MillraceError(failure)
    await calls.backOff('committing offsets', failure, failures)
  }
}
