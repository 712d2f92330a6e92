import * as E from 'fp-ts/lib/Either.js'
import type { TransactionalProducer } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Position } from '../contracts/position.ts'
import type { Committer, CommitterSetup } from './committer.ts'
import { offsetsOf, type TakenPrefix } from './live-task.ts'
import { countsOf, endsOf, OutputBatches } from './output-batches.ts'

/** How long a transaction may stay open: it opens for its commit, and no user's work is waited for meanwhile. */
const timeoutMs = 60_000

/**
 * Outputs, state and offsets in one transaction.
 *
 * Whatever fails, the same prefixes are committed again, since what was done stands: nothing is run twice. Only where
 * a commit was asked for and not refused for good, the transactional id is taken anew, which decides that transaction,
 * and the name that the committed offsets carry says how.
 */
export const exactlyOnce = async (o: CommitterSetup & { readonly transactionalId: string }): Promise<Committer> => {
  const { engine, calls, transactionalId } = o
  const open = (): Promise<TransactionalProducer> =>
    calls.again(`taking the transactional id '${transactionalId}'`, () =>
      engine.transactions({ transactionalId, timeoutMs }),
    )
  let producer = await open()
  let commits = 0
  const attempt = async (
    taken: readonly TakenPrefix[],
    name: string,
    written: Position[],
  ): Promise<FailedCommit | undefined> => {
    const now = o.clock.now()
    const batches = new OutputBatches(o.topics)
    for (const { task, prefix } of taken) batches.add(task.task, prefix, now)
    const unsealed = batches.build()
    if (unsealed.length > 0) {
      const counts = countsOf(unsealed)
      const appended = await producer.append(unsealed)()
      if (E.isLeft(appended)) return notAsked(appended.left)
      written.push(...endsOf(appended.right, counts))
    }
    // the token of a later generation would let pass what another instance has by now
    if (taken.some(({ task }) => !task.isOurs)) return notAsked(movedOn(o.group))
    const sent = await producer.sendOffsets(o.membership.token(), offsetsOf(taken, name))()
    if (E.isLeft(sent)) return notAsked(sent.left)
    const committed = await producer.commit()()
    return E.isLeft(committed) ? { failure: committed.left, mayHaveHappened: true } : undefined
  }

  /** Whether a commit that was not refused for good has happened: by its name, since none of its positions may have moved. */
  const hasHappened = async (name: string): Promise<boolean> => {
    producer = await open()
    const committed = await calls.again('reading its committed offsets', () => engine.groups.committed(o.group))
    return committed.some(({ metadata }) => metadata === name)
  }

  return {
    commit: async (all) => {
      const name = `${o.membership.token().memberId} ${++commits}`
      for (let failures = 1; ; failures++) {
        const taken = all.filter(({ task }) => task.isOurs)
        if (taken.length === 0) return []
        const written: Position[] = []
        const failed = await attempt(taken, name, written)
        if (failed === undefined) return written
        const { failure, mayHaveHappened } = failed
        o.counters.commitRetries += 1
        if (failure.kind === 'fatal') {
          await producer.abort()()
          throw new MillraceError(failure)
        }
        if (mayHaveHappened && failure.kind !== 'refused') {
          if (await hasHappened(name)) return written
        } else {
          const aborted = await producer.abort()()
          if (E.isLeft(aborted)) producer = await open()
        }
        if (failure.kind === 'refused') throw new MillraceError(failure)
        await calls.backOff('a commit', failure, failures)
      }
    },
    beforeRecords: () => Promise.resolve(),
    close: async () => void (await producer.close()()),
  }
}

interface FailedCommit {
  readonly failure: EngineFailure
  readonly mayHaveHappened: boolean
}

const movedOn = (group: string): EngineFailure =>
  engineFailure('illegal-generation', `group ${group} has given a task elsewhere while what it had done was written`)

/** Before its commit was asked for, a transaction has not happened. */
const notAsked = (failure: EngineFailure): FailedCommit => ({ failure, mayHaveHappened: false })
