import * as E from 'fp-ts/lib/Either.js'
import type { GroupDescription } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import { decodeAssignment } from '../client/consumer-protocol.ts'
import { andThen } from '../step.ts'
import { answered, done, type GroupCommand, type GroupStep, type Moment, refused, unchanged } from './group-command.ts'
import { join, replacedInLog } from './group-join.ts'
import { evict, expire, heartbeat, leave } from './group-membership.ts'
import { noOffsets } from './group-offset-table.ts'
import {
  commit,
  commitInLog,
  commitInTransaction,
  endTransaction,
  fetchOffsets,
  transactionInLog,
} from './group-offsets.ts'
import { deleteGroup, expireOffsets, expiryInLog, forgetTopic, unknownGroup } from './group-retirement.ts'
import { type Group, type InFlight, without } from './group-state.ts'
import { assignmentFailed, assignmentInLog, sync } from './group-sync.ts'

/**
 * The coordinator of one consumer group, in Kafka's classic protocol: what `command` changes, and what is to be done.
 *
 * **Guarantees** every request is answered exactly once, by a reply among the effects of this step or a later one. No
 * two members are ever told the same generation and protocol with an assignment that the leader did not give. Only
 * members of the current generation commit.
 *
 * Source: Kafka's GroupMetadataManager and OffsetMetadataManager at 4.0; KIP-394, KIP-345, KIP-447, KIP-211.
 */
export const stepGroup = (group: Group, command: GroupCommand): GroupStep => {
  switch (command._tag) {
    case 'join':
      return join(group, command)
    case 'sync':
      return sync(group, command)
    case 'heartbeat':
      return heartbeat(group, command)
    case 'leave':
      return leave(group, command)
    case 'commit':
      return commit(group, command)
    case 'commit-in-transaction':
      return commitInTransaction(group, command)
    case 'end-transaction':
      return endTransaction(group, command)
    case 'fetch-offsets':
      return fetchOffsets(group, command)
    case 'describe':
      return group.phase === 'Dead'
        ? refused(group, command.request, unknownGroup(group))
        : answered(group, command.request, { _tag: 'described', description: describeGroup(group) })
    case 'delete':
      return deleteGroup(group, command.request)
    case 'expire':
      return expire(group, command)
    case 'expire-offsets':
      return expireOffsets(group, command.timestamp, command.retentionMs)
    case 'forget-topic':
      return forgetTopic(group, command.topic)
    case 'evict':
      return evict(group, command)
    case 'appended':
      return settle(group, command.ticket, (group, waiting) => appended(group, waiting, command.baseOffset, command))
    case 'append-failed':
      return settle(group, command.ticket, (group, waiting) => appendFailed(group, waiting, command.failure, command))
  }
}

const settle = (group: Group, ticket: number, next: (group: Group, waiting: InFlight) => GroupStep): GroupStep => {
  const waiting = group.inFlight.get(ticket)
  return waiting === undefined
    ? unchanged(group)
    : next({ ...group, inFlight: without(group.inFlight, [ticket]) }, waiting)
}

const appended = (group: Group, waiting: InFlight, baseOffset: number, moment: Moment): GroupStep => {
  switch (waiting._tag) {
    case 'emptied':
      return unchanged(group)
    case 'assignment':
      return assignmentInLog(group, waiting.generation, waiting.of, moment)
    case 'replaced':
      return replacedInLog(group, waiting.memberId, moment.now)
    case 'commit':
      return commitInLog(group, waiting.request, waiting.offsets, baseOffset)
    case 'transaction':
      return transactionInLog(group, waiting, baseOffset)
    case 'expiry':
      return expiryInLog(group, waiting.offsets)
    case 'deletion':
      return answered({ ...group, offsets: noOffsets, undecided: new Map() }, waiting.request, done)
  }
}

const appendFailed = (group: Group, waiting: InFlight, failure: EngineFailure, moment: Moment): GroupStep => {
  const reply = { _tag: 'refused' as const, failure }
  switch (waiting._tag) {
    case 'emptied':
    case 'expiry':
      return unchanged(group)
    case 'assignment':
      return assignmentFailed(group, waiting.generation, failure, moment)
    case 'replaced': {
      const member = group.members.get(waiting.memberId)
      if (member?.join === undefined || group.phase !== 'Stable') return unchanged(group)
      const told = { ...member, join: undefined, deadline: moment.now + member.sessionTimeoutMs }
      const members = new Map(group.members).set(member.memberId, told)
      return answered({ ...group, members }, member.join, reply)
    }
    case 'commit':
    case 'transaction':
      return answered(group, waiting.request, reply)
    case 'deletion':
      return andThen(answered(group, waiting.request, reply), (group) => unchanged({ ...group, phase: 'Empty' }))
  }
}

/** The group as an administrator sees it. A member whose assignment is not of the consumer protocol has none. */
export const describeGroup = (group: Group): GroupDescription => ({
  group: group.name,
  state: group.phase,
  assignor: group.protocol ?? '',
  members: [...group.members.values()].map(({ memberId, instanceId, assignment }) => {
    const decoded = decodeAssignment(assignment)
    const partitions = E.isRight(decoded) ? decoded.right.partitions : []
    return { memberId, partitions, ...(instanceId === undefined ? {} : { instanceId }) }
  }),
})
