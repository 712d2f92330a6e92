import * as E from 'fp-ts/lib/Either.js'
import type { JoinOptions, Membership } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import { GroupSession, type GroupSessionParts } from './group-session.ts'

/** The members of groups that live in this process. */
export class Memberships {
  readonly #parts: Omit<GroupSessionParts, 'options' | 'ended'>
  readonly #sessions = new Set<GroupSession>()

  constructor(parts: Omit<GroupSessionParts, 'options' | 'ended'>) {
    this.#parts = parts
  }

  /** Answers once the group has let the member in; what it may read comes as an event. */
  async join(options: JoinOptions): Promise<E.Either<EngineFailure, Membership>> {
    const session: GroupSession = new GroupSession({
      ...this.#parts,
      options,
      ended: () => this.#sessions.delete(session),
    })
    this.#sessions.add(session)
    const refused = session.start()
    return refused === undefined ? E.right(session.membership) : E.left(refused)
  }

  /** The group prepares another generation: its members need not wait for their next heartbeat to learn it. */
  rebalancing(group: string): void {
    for (const session of [...this.#sessions]) if (session.group === group) session.hurry()
  }

  /** The topic came, grew or went: whoever leads a group that reads it assigns anew. */
  topicChanged(topic: string): void {
    for (const session of [...this.#sessions]) if (session.reads(topic)) session.assignAgain()
  }
}
