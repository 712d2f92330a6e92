import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { type Assignor, type AssignorMember, compare, inOrder, nothingFor, type PartitionCounts } from './assignor.ts'
import { settleClaims, withheld } from './claims.ts'
import { equalShares } from './equal-shares.ts'

/**
 * Moves whole tasks: partition i of every topic goes to one member, since its stores, joins and waiting jobs need them
 * together. Sticky, balanced and cooperative; members beyond the number of tasks get nothing.
 *
 * A member that does not read all topics of the group (the old version of a program, while the new one rolls out) gets
 * nothing as long as another does.
 *
 * **Errors** `unknown-topic`; `invalid-partitions` where the topics differ in their number of partitions;
 * `inconsistent-protocol` where no member reads all of them.
 */
export const task: Assignor = {
  name: 'task',
  cooperative: true,
  assign: (members, counts) => {
    if (members.length === 0) return E.right(new Map())
    const topics = [...new Set(members.flatMap((member) => member.topics))].sort(compare)
    const ordered = inOrder(members)
    const workers = ordered.filter((member) => topics.every((topic) => member.topics.includes(topic)))
    const refusal = refuse(topics, counts, workers)
    if (refusal !== undefined) return E.left(refusal)
    const tasks = Array.from({ length: counts.get(topics[0] ?? '') ?? 0 }, (_, index) => String(index))
    const claims = settleClaims(
      ordered.map(({ memberId, generation, owned }) => ({
        memberId,
        generation,
        units: owned.filter(({ topic }) => topics.includes(topic)).map(({ partition }) => String(partition)),
      })),
    )
    const ids = workers.map((member) => member.memberId)
    const assignment = nothingFor(ordered)
    for (const [memberId, mine] of withheld(equalShares(tasks, ids, claims), claims))
      assignment.set(
        memberId,
        topics.flatMap((topic) => mine.map((index) => ({ topic, partition: Number(index) }))),
      )
    return E.right(assignment)
  },
}

const refuse = (
  topics: readonly string[],
  counts: PartitionCounts,
  workers: readonly AssignorMember[],
): EngineFailure | undefined => {
  const unknown = topics.filter((topic) => !counts.has(topic))
  if (unknown.length > 0)
    return engineFailure(
      'unknown-topic',
      `there is no topic ${unknown.map((name) => `'${name}'`).join(', ')}: create it before reading it`,
    )
  if (new Set(topics.map((topic) => counts.get(topic))).size > 1) {
    const each = topics.map((topic) => `${topic} has ${counts.get(topic)}`).join(', ')
    return engineFailure(
      'invalid-partitions',
      `topics that are read together need the same number of partitions, but ${each}: create or grow them to one number`,
    )
  }
  if (workers.length === 0)
    return engineFailure(
      'inconsistent-protocol',
      `no member of the group reads all of ${topics.join(', ')}: give pipelines that read other topics another name`,
    )
  return undefined
}
