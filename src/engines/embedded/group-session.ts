import type * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { JoinOptions, Membership } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { Random } from '../../contracts/random.ts'
import type { MemberReply, MemberRequest } from '../../protocol/client/group-member-state.ts'
import { MemberDriver } from '../member-driver.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import { childLifetime, type Lifetime } from './lifetime.ts'
import type { Partitions } from './partitions.ts'

/** Of a member to its coordinator in the same process: nothing is lost on the way, and little is waited for. */
const patience = { requestTimeoutMs: 30_000, backoffMs: 50, maxBackoffMs: 1_000 }

export interface GroupSessionParts {
  readonly options: JoinOptions
  readonly engine: Lifetime
  readonly coordinator: GroupCoordinator
  readonly partitions: Partitions
  readonly clock: Clock
  readonly random: Random
  /** Everything staged so far becomes durable and visible. */
  readonly commit: () => Promise<E.Either<EngineFailure, void>>
  readonly ended: () => void
}

/** One member, whose coordinator is in the same process. */
export class GroupSession {
  readonly #parts: GroupSessionParts
  readonly #driver: MemberDriver

  constructor(parts: GroupSessionParts) {
    this.#parts = parts
    const { options, engine, clock, ended } = parts
    const lifetime = childLifetime(engine, `the member of group '${options.group}'`)
    this.#driver = new MemberDriver({
      options,
      patience,
      now: clock.elapsed,
      wakeAt: (at, ring) => clock.after(Math.max(0, Math.ceil(at - clock.elapsed())), ring),
      ask: (what, answer) => this.#ask(what, answer),
      call: (work) => engine.call(work),
      ended: () => {
        lifetime.end()
        ended()
      },
    })
    lifetime.onEnd((failure) => this.#driver.end(failure))
  }

  get group(): string {
    return this.#parts.options.group
  }

  get membership(): Membership {
    return this.#driver.membership
  }

  reads(topic: string): boolean {
    return this.#parts.options.topics.includes(topic)
  }

  /** Why the group does not let it in, if so. */
  start(): EngineFailure | undefined {
    this.#driver.start()
    return this.#driver.failure
  }

  hurry(): void {
    this.#driver.hurry()
  }

  assignAgain(): void {
    this.#driver.rejoin()
  }

  #ask(what: MemberRequest, answer: (reply: MemberReply) => void): void {
    const { coordinator, options } = this.#parts
    switch (what._tag) {
      case 'count-partitions':
        return answer({ _tag: 'counted', counts: this.#counts(what.topics) })
      case 'join':
        return coordinator.ask(options.group, { ...what, ...this.#introduction() }, answer)
      case 'sync':
        // an assignment that was not written down could be another one after a crash
        return coordinator.ask(options.group, what, (reply) => void this.#whenDurable().then(() => answer(reply)))
      default:
        return coordinator.ask(options.group, what, answer)
    }
  }

  async #whenDurable(): Promise<void> {
    await this.#parts.commit()
  }

  #introduction() {
    const id = Buffer.from(this.#parts.random.id()).toString('hex')
    return { newMemberId: `millrace-${id}`, clientId: 'millrace', clientHost: 'this process' }
  }

  #counts(topics: readonly string[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const name of topics) {
      const topic = this.#parts.partitions.topic(name)
      if (topic._tag === 'Right') counts.set(name, topic.right.partitions)
    }
    return counts
  }
}
