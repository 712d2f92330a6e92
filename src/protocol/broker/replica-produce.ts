import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { minIsrOf } from './high-watermark.ts'
import { type Acks, nothing, type ReplicaCommand, type ReplicaStep } from './replica-messages.ts'
import { isLeading, type LeadingReplica, type Replica, type WaitingProduce } from './replica-state.ts'

/**
 * Whether a client's batch may be appended: the epoch to stamp it with. Append and say `appended` in the same turn.
 *
 * **Errors** `not-leader`; `not-enough-replicas`, for acks=all with fewer in sync than `min.insync.replicas`.
 */
export const admitAppend = (
  replica: Replica,
  acks: Acks,
): E.Either<EngineFailure, { readonly leaderEpoch: number }> => {
  if (!isLeading(replica)) return E.left(notLeader(replica))
  const { leaderEpoch, role } = replica
  const min = minIsrOf(replica)
  if (acks !== -1 || role.isr.length >= min) return E.right({ leaderEpoch })
  const message = `${replica.name}: ${role.isr.length} of ${min} replicas are in sync: nothing was written; try again once the others are back`
  return E.left(engineFailure('not-enough-replicas', message))
}

export const notLeader = ({ name, brokerId }: Replica): EngineFailure =>
  engineFailure('not-leader', `${name}: broker ${brokerId} does not lead it: look up the leader and ask there`)

/** The log was appended to; whoever waits for all replicas waits on. */
export const appended = (
  replica: Replica,
  { leaderEpoch, endOffset, produce }: Extract<ReplicaCommand, { readonly _tag: 'appended' }>,
): ReplicaStep => {
  if (!isLeading(replica) || leaderEpoch !== replica.leaderEpoch) {
    throw new Error(`broken invariant: ${replica.name} was appended to in leader epoch ${leaderEpoch}, which is over`)
  }
  const { role } = replica
  const grown = { ...replica, log: { ...replica.log, end: Math.max(replica.log.end, endOffset) } }
  if (produce === undefined || produce.acks === 0) return nothing(grown)
  const { request, deadline } = produce
  if (produce.acks === 1) return [grown, [{ _tag: 'answerProduce', request, failure: undefined }]]
  const waiting = [...role.waiting, { request, endOffset: produce.endOffset, deadline }]
  return nothing({ ...grown, role: { ...role, waiting } })
}

/** Those that have waited long enough are told that it is not known. */
export const expireWaiting = (replica: LeadingReplica, now: number): ReplicaStep => {
  const { role } = replica
  const late = role.waiting.filter(({ deadline }) => deadline <= now)
  if (late.length === 0) return nothing(replica)
  const waiting = role.waiting.filter(({ deadline }) => deadline > now)
  return [
    { ...replica, role: { ...role, waiting } },
    late.map(({ request, endOffset }: WaitingProduce) => ({
      _tag: 'answerProduce',
      request,
      failure: engineFailure(
        'timed-out',
        `${replica.name}: not all in-sync replicas had the records up to offset ${endOffset} in time: they are written, and may be lost; sending them again with the same sequence does not repeat them`,
      ),
    })),
  ]
}
