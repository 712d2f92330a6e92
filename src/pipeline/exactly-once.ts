import * as E from 'fp-ts/lib/Either.js'
import type { TransactionalProducer } from '../contracts/engine.ts'
import { type EngineFailure, MillraceError } from '../contracts/failure.ts'
import { partitionName } from '../contracts/position.ts'
import type { Committer, CommitterSetup } from './committer.ts'
import { offsetsOf, type TakenPrefix, witnessOf } from './live-task.ts'
import { OutputBatches } from './output-batches.ts'

/** How long a transaction may stay open: it opens for its commit, and no user's work is waited for meanwhile. */
const timeoutMs = 60_000

/**
 * Outputs, state and offsets in one transaction.
 *
 * Whatever fails, the same prefixes are committed again, since what was done stands: nothing is run twice. Only where
 * the answer to a commit is lost, the transactional id is taken anew, which decides that transaction, and the committed
 * offsets say how.
 */
export const exactlyOnce = async (o: CommitterSetup & { readonly transactionalId: string }): Promise<Committer> => {
  const { engine, calls, transactionalId } = o
  const open = (): Promise<TransactionalProducer> =>
    calls.again(`taking the transactional id '${transactionalId}'`, () =>
      engine.transactions({ transactionalId, timeoutMs }),
    )
  let producer = await open()
  const batches = new OutputBatches(o.topics)

  const attempt = async (taken: readonly TakenPrefix[]): Promise<EngineFailure | undefined> => {
    const now = o.clock.now()
    for (const { task, prefix } of taken) batches.add(task.task, prefix, now)
    const unsealed = batches.build()
    if (unsealed.length > 0) {
      const appended = await producer.append(unsealed)()
      if (E.isLeft(appended)) return appended.left
    }
    const sent = await producer.sendOffsets(o.membership.token(), offsetsOf(taken))()
    if (E.isLeft(sent)) return sent.left
    const committed = await producer.commit()()
    return E.isLeft(committed) ? committed.left : undefined
  }

  /** Whether a commit without an answer has happened. */
  const hasHappened = async (taken: readonly TakenPrefix[]): Promise<boolean> => {
    producer = await open()
    const witness = witnessOf(taken)
    if (witness === undefined) return true
    const committed = await calls.again('reading its committed offsets', () => engine.groups.committed(o.group))
    return committed.some((at) => partitionName(at) === witness.name && at.offset >= witness.offset)
  }

  return {
    commit: async (all) => {
      for (let failures = 1; ; failures++) {
        const taken = all.filter(({ task }) => task.isOurs)
        if (taken.length === 0) return
        const failure = await attempt(taken)
        if (failure === undefined) return
        o.counters.commitRetries += 1
        if (failure.kind === 'fatal' || failure.kind === 'refused') {
          await producer.abort()()
          throw new MillraceError(failure)
        }
        if (failure.kind === 'indeterminate') {
          if (await hasHappened(taken)) return
        } else {
          const aborted = await producer.abort()()
          if (E.isLeft(aborted)) producer = await open()
        }
        await calls.backOff('a commit', failure, failures)
      }
    },
    beforeRecords: () => Promise.resolve(),
    close: async () => void (await producer.close()()),
  }
}
