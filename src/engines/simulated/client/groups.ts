import * as E from 'fp-ts/lib/Either.js'
import type { CommittedOffset, GroupDescription, Groups, GroupToken } from '../../../contracts/engine.ts'
import type { EngineFailure } from '../../../contracts/failure.ts'
import type { TopicPartition } from '../../../contracts/position.ts'
import { wrongOffset } from '../../refusals.ts'
import { positionsText } from '../message-text.ts'
import type { PresentMember } from '../present-member.ts'
import { brokerName } from '../switchboard.ts'
import { type Answer, accepted, type Connection, done, isPassing } from './connection.ts'
import { MemberSession } from './member-session.ts'

/** Consumer groups, asked of their coordinators. */
export const simulatedGroups = (connection: Connection, brokers: number, members: Set<PresentMember>): Groups => ({
  join: (options) =>
    connection.call(async () => {
      for (const topic of options.topics) {
        const there = await connection.topic(topic)
        if (E.isLeft(there)) return there
      }
      const session = new MemberSession(connection, options, members)
      const refused = await session.letIn()
      return refused === undefined ? E.right(session.membership) : E.left(refused)
    }),
  commit: (token, offsets) => connection.call(() => commit(connection, token, offsets)),
  committed: (group, partitions) =>
    connection.call(() =>
      connection.patiently(() => committed(connection, group, partitions), { passes: isNotUnstable }),
    ),
  describe: (groups) =>
    connection.call(async () => {
      const described: GroupDescription[] = []
      for (let broker = 0; broker < brokers; broker++) {
        const request = groups === undefined ? {} : { groups }
        const reply = await connection.ask(brokerName(broker), 'describeGroups', request)
        if (E.isRight(reply) && reply.right._tag === 'described') described.push(...reply.right.groups)
      }
      const byName = new Map(described.map((group) => [group.group, group]))
      const names = groups ?? [...byName.keys()].sort()
      return E.right(names.flatMap((name) => byName.get(name) ?? []))
    }),
  delete: (group) =>
    connection.call(() =>
      connection.patiently(async (): Answer<void> => {
        const of = { kind: 'offsets', id: group } as const
        return done(accepted(await connection.askCoordinator(of, 'deleteGroup', { group })))
      }),
    ),
})

const commit = async (connection: Connection, token: GroupToken, offsets: readonly CommittedOffset[]): Answer<void> => {
  for (const committed of offsets) {
    const there = await connection.leader(committed)
    if (E.isLeft(there) && there.left.kind === 'refused') return there
    const wrong = wrongOffset(committed)
    if (wrong !== undefined) return E.left(wrong)
  }
  const { world, process } = connection
  const told = () => `${positionsText(offsets)} in generation ${token.generation} of group '${token.group}'`
  world.tell(process, () => `commits ${told()}`, 'group')
  return connection.patiently(async (): Answer<void> => {
    const of = { kind: 'offsets', id: token.group } as const
    const reply = await connection.askCoordinator(of, 'commitOffsets', { token, offsets })
    if (E.isLeft(reply)) return reply
    if (reply.right._tag !== 'refused') return E.right(undefined)
    const { failure } = reply.right
    world.tell(process, () => `may not commit ${told()}: ${failure.code}`, 'group')
    return E.left(failure)
  })
}

const committed = async (
  connection: Connection,
  group: string,
  partitions: readonly TopicPartition[] | undefined,
): Answer<readonly CommittedOffset[]> => {
  const request = partitions === undefined ? { group } : { group, partitions }
  const reply = accepted(await connection.askCoordinator({ kind: 'offsets', id: group }, 'fetchOffsets', request))
  return E.isLeft(reply) ? reply : E.right(reply.right.offsets)
}

/** Whoever asks for committed offsets is told when they are about to change. */
const isNotUnstable = (failure: EngineFailure): boolean => isPassing(failure) && failure.code !== 'unstable-offsets'
