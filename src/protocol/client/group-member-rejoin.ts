import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import { andThen } from '../step.ts'
import { assignors } from './assignors/index.ts'
import { backoffAfter } from './backoff.ts'
import { consumerProtocol, encodeStickyData, encodeSubscription } from './consumer-protocol.ts'
import { ask, type GroupMembership, type MemberEffect, type MemberStep } from './group-member-state.ts'
import { minus } from './partition-sets.ts'

/** Asks for a place in the next generation, holding on to what it has. */
export const join = (member: GroupMembership, now: number): MemberStep => {
  const { memberId, options } = member
  const until = now + options.rebalanceTimeoutMs + options.requestTimeoutMs
  return ask(
    { ...member, heartbeat: undefined },
    {
      _tag: 'join',
      memberId,
      instanceId: options.instanceId,
      sessionTimeoutMs: options.sessionTimeoutMs,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs,
      protocolType: consumerProtocol,
      protocols: [{ name: options.assignor, metadata: subscription(member) }],
    },
    (request) => ({ _tag: 'joining', awaits: { request, until } }),
  )
}

const subscription = ({ options, owned, generation, token, previous }: GroupMembership): Uint8Array =>
  encodeSubscription({
    topics: options.topics,
    owned,
    // of what it owns: a generation that it joined but was never assigned anything in says nothing
    generation: generation < 0 ? -1 : token.generation,
    userData: options.assignor === 'sticky' ? encodeStickyData(previous.owned, previous.generation) : null,
  })

/**
 * Joins again, after the application has given `partitions` back; `all`: what a rebalance takes, everything for an
 * eager assignor and nothing yet for a cooperative one.
 */
export const giveBack = (
  member: GroupMembership,
  partitions: readonly TopicPartition[] | 'all',
  now: number,
): MemberStep => {
  const { options, owned, nextRevocation: revocation } = member
  const gone = partitions !== 'all' ? partitions : assignors[options.assignor].cooperative ? [] : owned
  if (gone.length === 0) return join(member, now)
  const until = now + options.rebalanceTimeoutMs
  return [
    {
      ...member,
      nextRevocation: revocation + 1,
      phase: { _tag: 'releasing', revocation, partitions: gone, until },
    },
    [{ _tag: 'revoked', partitions: gone, revocation }],
  ]
}

/** The application has no right to `partitions` any longer. */
export const takeAway = (
  member: GroupMembership,
  partitions: readonly TopicPartition[],
  failure: EngineFailure,
): MemberStep => [
  { ...member, owned: minus(member.owned, partitions) },
  partitions.length === 0 ? [] : [{ _tag: 'lost', partitions, failure }],
]

/** The group went on without this member: everything is lost, and it begins anew, as a stranger if it is unknown. */
export const loseMembership = (member: GroupMembership, failure: EngineFailure, now: number): MemberStep => {
  const memberId = failure.code === 'unknown-member' ? '' : member.memberId
  const stranger = { ...member, memberId, generation: -1, heartbeat: undefined }
  return andThen(takeAway(stranger, member.owned, failure), (member) => backOff(member, now))
}

/** Joins again in a while, the longer the more often it has failed. */
export const backOff = (member: GroupMembership, now: number): MemberStep => {
  const until = now + backoffAfter(member.failures, member.options)
  const waiting: GroupMembership = {
    ...member,
    phase: { _tag: 'backing-off', until },
    heartbeat: undefined,
    failures: member.failures + 1,
  }
  return [waiting, []]
}

/** The membership is over: everything is lost, and the others need not wait for a session to end. */
export const fail = (member: GroupMembership, failure: EngineFailure, now: number): MemberStep => {
  const { memberId, options } = member
  const lost = takeAway({ ...member, generation: -1, heartbeat: undefined }, member.owned, failure)
  const unknown = memberId === '' || failure.code === 'fenced-instance' || failure.kind === 'fatal'
  const gone = unknown
    ? lost
    : andThen(lost, (member) =>
        ask(member, { _tag: 'leave', memberId, instanceId: options.instanceId }, (request) => ({
          _tag: 'leaving',
          awaits: { request, until: now },
        })),
      )
  const ended: MemberEffect = { _tag: 'ended', failure }
  return andThen(gone, (member) => [{ ...member, phase: { _tag: 'ended' } }, [ended]])
}
