import { type EngineFailure, MillraceError } from '../../contracts/failure.ts'
import type { Millrace } from '../../millrace/millrace.ts'
import { Complaint } from '../complaint.ts'
import { rawTopic } from '../raw-topic.ts'
import { counted } from '../say.ts'
import type { Line } from './read-line.ts'

/** What lines are sent with. */
export interface Sending {
  readonly millrace: Millrace
  readonly topic: string
  /** Hands `send` the records, a piece of the input at a time; answers why it stopped before the end of the input. */
  readonly feed: (send: (records: readonly Line[]) => Promise<void>) => Promise<Complaint | undefined>
  /** Hears how many records have been taken so far. */
  readonly onTaken: (count: number) => Promise<void>
}

/** How many pieces of the input may wait to be acknowledged; each has 64 KiB or so. */
const piecesMax = 8

/**
 * Sends each record for itself, and answers how many were acknowledged: all of them.
 *
 * **Errors** a {@link Complaint} says how many were, where the input or the engine ended it.
 */
export const sendEach = async ({ millrace, topic, feed, onTaken }: Sending): Promise<number> => {
  let acknowledged = 0
  let sent = 0
  let failure: unknown
  const underWay = new Set<Promise<void>>()
  const deliver = async (records: readonly Line[]): Promise<void> => {
    try {
      await millrace.send(rawTopic(topic), records)
      acknowledged += records.length
    } catch (error) {
      failure ??= error
    }
  }
  const send = async (records: readonly Line[]): Promise<void> => {
    sent += records.length
    const one: Promise<void> = deliver(records).finally(() => underWay.delete(one))
    underWay.add(one)
    if (underWay.size >= piecesMax) await Promise.race(underWay)
    if (failure !== undefined) throw failure
    await onTaken(acknowledged)
  }
  const stopped = await feed(send).catch((error: unknown) => {
    failure ??= error
    return undefined
  })
  await Promise.all(underWay)
  const were = `${counted(acknowledged, 'record')} ${acknowledged === 1 ? 'was' : 'were'} acknowledged`
  if (failure !== undefined) {
    const unsure = sent - acknowledged
    throw complaintOf(failure).and(unsure === 0 ? were : `${were}, and ${unsure} more may be written`)
  }
  if (stopped !== undefined) throw stopped.and(`${were}, and nothing behind was sent`)
  return acknowledged
}

/**
 * Sends all records in one transaction, and answers how many.
 *
 * **Errors** a {@link Complaint} where the input or the engine ended it: then none is visible, unless it says otherwise.
 */
export const sendTogether = async ({ millrace, topic, feed, onTaken }: Sending): Promise<number> => {
  let sent = 0
  try {
    await millrace.transaction(async (tx) => {
      const stopped = await feed(async (records) => {
        await tx.send(rawTopic(topic), records)
        sent += records.length
        await onTaken(sent)
      })
      if (stopped !== undefined) throw stopped
    })
    return sent
  } catch (error) {
    const isOpen = error instanceof MillraceError && error.kind === 'indeterminate'
    if (isOpen) throw error
    if (error instanceof MillraceError && rootOf(error.failure).code === 'transaction-aborted')
      throw new Complaint('failed', tookTooLong, error)
    throw complaintOf(error).and('the transaction was aborted: none of its records will be seen')
  }
}

/** The engine's own words have it ask for more time, which the command has no flag for. */
const tookTooLong =
  'the input took more than 60 s, and the transaction was aborted: none of its records will be seen; send it in parts, or without --transactional'

/** What came first: a transaction that is aborted for another reason than its time has that behind it. */
const rootOf = (failure: EngineFailure): EngineFailure => {
  const cause = failure.cause as EngineFailure | undefined
  return cause?._tag === 'EngineFailure' ? rootOf(cause) : failure
}

const complaintOf = (error: unknown): Complaint => {
  if (error instanceof Complaint) return error
  if (error instanceof MillraceError) return new Complaint('failed', error.message, error)
  throw error
}
