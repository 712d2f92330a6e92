import type { GroupReply } from '../../../protocol/broker/group-command.ts'
import { unknownGroup } from '../../refusals.ts'
import { done, refusedBy } from '../answers.ts'
import { homeOf } from '../home-of.ts'
import type { Done, Refused, ReplyOf } from '../wire.ts'
import type { BrokerParts, Handlers } from './broker-parts.ts'
import { type Coordination, isFailure } from './coordination.ts'

export interface GroupRequestsParts extends Pick<BrokerParts, 'world' | 'options'> {
  readonly coordination: Coordination
}

const doneOr = (reply: GroupReply): Done | Refused => (reply._tag === 'refused' ? refusedBy(reply.failure) : done)

/** What clients ask of the coordinators of groups. */
export const groupRequests = ({
  world,
  options,
  coordination,
}: GroupRequestsParts): Handlers<'group' | 'commitOffsets' | 'fetchOffsets' | 'describeGroups' | 'deleteGroup'> => {
  const shardOf = (group: string) => coordination.groups(homeOf(group, options.coordinatorPartitions))
  return {
    group: ({ group, asked }, answer) => {
      const shard = shardOf(group)
      if (isFailure(shard)) return answer(refusedBy(shard))
      if (asked._tag === 'sync' && options.mutants.includes('assigned-to-everybody'))
        return shard.ask(group, { ...asked, assignments: alike(asked.assignments) }, answer)
      if (asked._tag !== 'join') return shard.ask(group, asked, answer)
      const id = Buffer.from(world.random('member-ids').id()).toString('hex')
      shard.ask(
        group,
        { ...asked, newMemberId: `millrace-${id}`, clientId: 'millrace', clientHost: 'simulated' },
        answer,
      )
    },
    commitOffsets: ({ token, offsets }, answer) => {
      const { group, generation, memberId, instanceId } = token
      const shard = shardOf(group)
      if (isFailure(shard)) return answer(refusedBy(shard))
      shard.ask(group, { _tag: 'commit', generation, memberId, instanceId, offsets }, (reply) => answer(doneOr(reply)))
    },
    fetchOffsets: ({ group, partitions }, answer) => {
      const shard = shardOf(group)
      if (isFailure(shard)) return answer(refusedBy(shard))
      shard.ask(group, { _tag: 'fetch-offsets', partitions, requireStable: true }, (reply) => {
        if (reply._tag === 'offsets') answer(reply)
        else if (reply._tag === 'refused') answer(refusedBy(reply.failure))
      })
    },
    describeGroups: ({ groups }, answer) => {
      const described: Extract<ReplyOf<'describeGroups'>, { _tag: 'described' }>['groups'][number][] = []
      for (const shard of coordination.groupShards)
        for (const name of groups ?? [...shard.groups.keys()])
          if (shard.groups.has(name))
            shard.ask(name, { _tag: 'describe' }, (reply) => {
              if (reply._tag === 'described') described.push(reply.description)
            })
      answer({ _tag: 'described', groups: described })
    },
    deleteGroup: ({ group }, answer) => {
      const shard = shardOf(group)
      if (isFailure(shard)) return answer(refusedBy(shard))
      if (!shard.groups.has(group)) return answer(refusedBy(unknownGroup(group)))
      shard.ask(group, { _tag: 'delete' }, (reply) => answer(doneOr(reply)))
    },
  }
}

/** Each gets what the first one gets. */
const alike = <A>(assignments: readonly (A & { readonly assignment: Uint8Array })[]): readonly A[] => {
  const [first] = assignments
  return first === undefined ? assignments : assignments.map((one) => ({ ...one, assignment: first.assignment }))
}
