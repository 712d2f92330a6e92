import * as E from 'fp-ts/lib/Either.js'
import type {
  CommittedOffset,
  GroupDescription,
  Groups,
  GroupToken,
  JoinOptions,
  Membership,
} from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { GroupReply } from '../../protocol/broker/group-command.ts'
import type { AskedOfGroup } from '../asked.ts'
import { unknownGroup, wrongOffset } from '../refusals.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { Lifetime } from './lifetime.ts'
import type { Partitions } from './partitions.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>

export interface GroupsParts {
  readonly lifetime: Lifetime
  readonly coordinator: GroupCoordinator
  readonly partitions: Partitions
  readonly join: (options: JoinOptions) => Answer<Membership>
  readonly commit: () => Answer<void>
}

/** Consumer groups, as the port has them. An answer waits until what it speaks of is durable. */
export const embeddedGroups = (parts: GroupsParts): Groups => {
  const { lifetime, coordinator, partitions } = parts

  const ask = async (group: string, asked: AskedOfGroup): Answer<GroupReply> => {
    const reply = await new Promise<GroupReply>((resolve) => coordinator.ask(group, asked, resolve))
    const committed = await parts.commit()
    if (committed._tag === 'Left') return committed
    return reply._tag === 'refused' ? E.left(reply.failure) : E.right(reply)
  }

  const commit = async (token: GroupToken, offsets: readonly CommittedOffset[]): Answer<void> => {
    const wrong = uncommittable(partitions, offsets)
    if (wrong !== undefined) return E.left(wrong)
    const { group, generation, memberId, instanceId } = token
    const done = await ask(group, { _tag: 'commit', generation, memberId, instanceId, offsets })
    return done._tag === 'Left' ? done : E.right(undefined)
  }

  const committed: Groups['committed'] = (group, asked) =>
    lifetime.call(async () => {
      const reply = await ask(group, { _tag: 'fetch-offsets', partitions: asked, requireStable: true })
      if (reply._tag === 'Left') return reply
      return E.right(reply.right._tag === 'offsets' ? reply.right.offsets : [])
    })

  const describe = async (names: readonly string[]): Answer<readonly GroupDescription[]> => {
    const described: GroupDescription[] = []
    for (const group of names) {
      if (!coordinator.has(group)) continue
      const reply = await ask(group, { _tag: 'describe' })
      if (reply._tag === 'Right' && reply.right._tag === 'described') described.push(reply.right.description)
    }
    return E.right(described)
  }

  return {
    join: (options) => lifetime.call(() => parts.join(options)),
    commit: (token, offsets) => lifetime.call(() => commit(token, offsets)),
    committed,
    describe: (groups) => lifetime.call(() => describe(groups ?? coordinator.names)),
    delete: (group) =>
      lifetime.call(async () => {
        if (!coordinator.has(group)) return E.left(unknownGroup(group))
        const reply = await ask(group, { _tag: 'delete' })
        return reply._tag === 'Left' ? reply : E.right(undefined)
      }),
  }
}

/** Why offsets cannot be committed, whoever does it. */
export const uncommittable = (
  partitions: Partitions,
  offsets: readonly CommittedOffset[],
): EngineFailure | undefined => {
  for (const committed of offsets) {
    const log = partitions.find(committed)
    if (log._tag === 'Left') return log.left
    const wrong = wrongOffset(committed)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
