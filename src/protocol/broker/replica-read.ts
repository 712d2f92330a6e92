import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { notLeader } from './replica-produce.ts'
import { isLeading, type LeadingReplica, type Replica } from './replica-state.ts'

/**
 * Whether a client may read here: from the start of the log to the high watermark.
 *
 * **Errors** `not-leader`; `fenced-leader-epoch`, where the client knows an older leader, and `unknown-leader-epoch`,
 * where it knows a later one (KIP-320).
 */
export const admitRead = (
  replica: Replica,
  leaderEpoch: number | undefined,
): E.Either<EngineFailure, LeadingReplica['log']> => {
  if (leaderEpoch !== undefined && leaderEpoch !== replica.leaderEpoch) return E.left(otherEpoch(replica, leaderEpoch))
  return isLeading(replica) ? E.right(replica.log) : E.left(notLeader(replica))
}

const otherEpoch = ({ name, brokerId, leaderEpoch }: Replica, asked: number): EngineFailure =>
  asked < leaderEpoch
    ? engineFailure(
        'fenced-leader-epoch',
        `${name}: leader epoch ${asked} is over, it is ${leaderEpoch} now: look up the leader`,
      )
    : engineFailure(
        'unknown-leader-epoch',
        `${name}: broker ${brokerId} knows leader epoch ${leaderEpoch}, and not yet ${asked}: ask again`,
      )

/**
 * What a client that asks for the latest offset is told.
 *
 * **Errors** those of {@link admitRead}; `offset-not-available` while a new leader may not yet know of all that an
 * earlier one committed, so that the answer would go back.
 */
export const latestOffset = (replica: Replica, leaderEpoch: number | undefined): E.Either<EngineFailure, number> => {
  const admitted = admitRead(replica, leaderEpoch)
  if (E.isLeft(admitted) || !isLeading(replica)) return admitted as E.Left<EngineFailure>
  const { highWatermark } = replica.log
  if (highWatermark >= replica.role.epochStart) return E.right(highWatermark)
  const message = `${replica.name}: the new leader does not yet know the high watermark: ask again`
  return E.left(engineFailure('offset-not-available', message))
}
