import { assignEpoch, endOffsetFor, latestEpoch } from './leader-epochs.ts'
import {
  type FetchedAnswer,
  type FollowerFetch,
  nothing,
  type ReplicaEffect,
  type ReplicaStep,
} from './replica-messages.ts'
import { clamp, type Replica, trimLog, truncateLog } from './replica-state.ts'

/** Asks the leader for what comes after this log. Every fetch tells the last epoch, so that each of them reconciles the two logs. */
export const fetchNext = (replica: Replica): ReplicaStep => {
  const { role, log, brokerId, brokerEpoch, leaderEpoch, nextTicket: ticket } = replica
  if (role._tag !== 'following' || role.leader === undefined) return nothing(replica)
  const offset = log.end
  const fetch = {
    ticket,
    brokerId,
    brokerEpoch,
    leaderEpoch,
    offset,
    logStart: log.start,
    lastFetchedEpoch: latestEpoch(log.epochs),
  }
  const fetching = { ...replica, nextTicket: ticket + 1, role: { ...role, fetch: ticket } }
  return [fetching, [{ _tag: 'sendFetch', to: role.leader, fetch }]]
}

/** What the leader answered; ignored unless it answers the last fetch, under the leader that it went to. */
export const fetched = (replica: Replica, fetch: FollowerFetch, answer: FetchedAnswer): ReplicaStep => {
  const { role, log } = replica
  const isLast = role._tag === 'following' && role.fetch === fetch.ticket && fetch.brokerEpoch === replica.brokerEpoch
  if (!isLast) return nothing(replica)
  const idle = { ...replica, role: { ...role, fetch: undefined } }
  switch (answer._tag) {
    case 'refused':
      return nothing(idle)
    case 'served':
      return take(idle, answer)
    case 'diverging':
      return truncate(idle, partingOf(idle, answer))
    case 'outOfRange':
      if (answer.logEnd < log.end) return truncate(idle, answer.logEnd)
      return answer.logStart > log.end ? restart(idle, answer.logStart) : nothing(idle)
  }
}

const take = (replica: Replica, answer: Extract<FetchedAnswer, { readonly _tag: 'served' }>): ReplicaStep => {
  const { endOffset } = answer
  const { log } = replica
  const start = clamp(answer.logStart, log.start, endOffset)
  const highWatermark = clamp(answer.highWatermark, start, endOffset)
  const grown = { ...log, end: endOffset, epochs: answer.epochs.reduce(assignEpoch, log.epochs), highWatermark }
  const effects: ReplicaEffect[] = []
  if (endOffset > log.end) effects.push({ _tag: 'append', endOffset })
  if (highWatermark !== log.highWatermark) effects.push({ _tag: 'highWatermark', offset: highWatermark })
  if (start > log.start) effects.push({ _tag: 'raiseStart', startOffset: start })
  return [{ ...replica, log: trimLog(grown, start) }, effects]
}

/**
 * Up to where this log may be the leader's, given where the leader says that the epoch ends in its own. If the epoch is
 * one that this log never had, the next fetch asks about the one before.
 */
const partingOf = ({ log }: Replica, theirs: { readonly epoch: number; readonly endOffset: number }): number => {
  const mine = endOffsetFor(log.epochs, theirs.epoch, log.end)
  if (mine === undefined) return Math.min(theirs.endOffset, log.end)
  const end = Math.min(mine.endOffset, log.end)
  return mine.epoch === theirs.epoch ? Math.min(end, theirs.endOffset) : end
}

const truncate = (replica: Replica, endOffset: number): ReplicaStep => {
  const { log } = replica
  if (endOffset < log.start) return restart(replica, endOffset)
  const cut = { ...replica, log: truncateLog(log, endOffset) }
  return endOffset === log.end ? nothing(cut) : [cut, [{ _tag: 'truncate', endOffset }]]
}

const restart = (replica: Replica, startOffset: number): ReplicaStep => {
  const log = { start: startOffset, end: startOffset, epochs: [], highWatermark: startOffset }
  return [{ ...replica, log }, [{ _tag: 'restartLog', startOffset }]]
}
