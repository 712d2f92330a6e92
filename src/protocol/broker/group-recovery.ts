import { merged, offsetTable, pruned } from './group-offset-table.ts'
import { undecided } from './group-offsets.ts'
import type { GenerationRecord, GroupRecord, OffsetRecord } from './group-records.ts'
import type { Group, Member } from './group-state.ts'

/** Where a record of `__consumer_offsets` lies, and whose transaction it is part of (-1: nobody's). */
export interface RecordPlace {
  readonly offset: number
  readonly producerId: number
}

/**
 * `group` after one more record of the log, in the log's order. Markers are `end-transaction` commands to it.
 *
 * Sessions begin when the log has been read: {@link recovered}.
 */
export const replayed = (group: Group, record: GroupRecord, place: RecordPlace): Group =>
  record._tag === 'offset' ? replayedOffset(group, record, place) : replayedGeneration(group, record)

const replayedOffset = (group: Group, record: OffsetRecord, { offset, producerId }: RecordPlace): Group => {
  const { topic, partition, value } = record
  if (value === null) {
    const gone = offsetTable([
      { topic, partition, offset: 0, leaderEpoch: -1, metadata: '', commitTimestamp: 0, recordOffset: offset },
    ])
    return {
      ...group,
      offsets: pruned(group.offsets, gone),
      undecided: new Map(
        [...group.undecided].flatMap(([id, offsets]) => {
          const left = pruned(offsets, gone)
          return left.size === 0 ? [] : [[id, left] as const]
        }),
      ),
    }
  }
  const stored = offsetTable([{ topic, partition, ...value, recordOffset: offset }])
  return producerId < 0
    ? { ...group, offsets: merged(group.offsets, stored) }
    : undecided(group, producerId, stored, offset)
}

const replayedGeneration = (group: Group, { value }: GenerationRecord): Group => {
  if (value === null)
    return {
      ...group,
      phase: 'Empty',
      since: -1,
      generation: 0,
      members: new Map(),
      protocolType: undefined,
      protocol: undefined,
      leader: undefined,
    }
  const members = value.members.map((written): Member => {
    const { memberId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, assignment, subscription } = written
    return {
      memberId,
      instanceId: written.instanceId ?? undefined,
      clientId,
      clientHost,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocols: value.protocol === null ? [] : [{ name: value.protocol, metadata: subscription }],
      assignment,
      deadline: Number.POSITIVE_INFINITY,
      isNew: false,
      join: undefined,
      sync: undefined,
    }
  })
  return {
    ...group,
    phase: members.length === 0 ? 'Empty' : 'Stable',
    since: value.since,
    generation: value.generation,
    protocolType: value.protocolType === '' ? undefined : value.protocolType,
    protocol: value.protocol ?? undefined,
    leader: value.leader ?? undefined,
    members: new Map(members.map((member) => [member.memberId, member])),
  }
}

/** The log has been read to its end at `now`: the members' sessions begin anew, since nobody could hear them before. */
export const recovered = (group: Group, now: number): Group => ({
  ...group,
  members: new Map(
    [...group.members].map(([id, member]) => [id, { ...member, deadline: now + member.sessionTimeoutMs }]),
  ),
})
