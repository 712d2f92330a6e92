import * as E from 'fp-ts/lib/Either.js'
import type { JoinOptions, Membership } from '../../../contracts/engine.ts'
import type { EngineFailure } from '../../../contracts/failure.ts'
import type { MemberReply, MemberRequest } from '../../../protocol/client/group-member-state.ts'
import { MemberDriver } from '../../member-driver.ts'
import { groupEventText } from '../message-text.ts'
import type { PresentMember } from '../present-member.ts'
import { backoffMs, type Connection, maxBackoffMs, requestTimeoutMs } from './connection.ts'

/** How long a join may wait for others before it counts as let in: whatever is refused is refused at once. */
const letInMs = 50
/** How often the topics are looked at: as Kafka's metadata.max.age.ms, shortened to what a simulation is worth. */
const lookMs = 1_000

const patience = { requestTimeoutMs, backoffMs, maxBackoffMs }

/** One member of a group, whose coordinator is wherever the cluster has it. */
export class MemberSession {
  readonly #connection: Connection
  readonly #options: JoinOptions
  readonly #driver: MemberDriver

  constructor(connection: Connection, options: JoinOptions, members: Set<PresentMember>) {
    this.#connection = connection
    this.#options = options
    const { world, process } = connection
    this.#driver = new MemberDriver({
      options,
      patience,
      now: () => world.now,
      wakeAt: (at, ring) => world.after(process, at - world.now, 'member', ring),
      ask: (what, answer) => void this.#ask(what, answer),
      call: (work) => connection.call(work),
      told: (event) =>
        world.tell(process, () => groupEventText(event, options.group, this.#driver.generation), 'group'),
      ended: () => members.delete(present),
    })
    const present = { process, memberId: () => this.#driver.memberId }
    members.add(present)
    connection.onEnd((failure) => this.#driver.end(failure))
    this.#driver.start()
  }

  get membership(): Membership {
    return this.#driver.membership
  }

  /** Why the group does not let it in, if so. */
  async letIn(): Promise<EngineFailure | undefined> {
    const { world } = this.#connection
    const until = world.now + letInMs
    while (world.now < until && !this.#driver.hasEnded && this.#driver.generation < 0)
      await this.#connection.wait(1, 'joins')
    void this.#watchTopics()
    return this.#driver.failure
  }

  /** Topics that have grown, come or gone are assigned anew. */
  async #watchTopics(): Promise<void> {
    for (let before = this.#shape(); !this.#driver.hasEnded; ) {
      await this.#connection.wait(lookMs, 'looks at the topics')
      await this.#connection.refresh()
      const after = this.#shape()
      if (after !== before) this.#driver.rejoin()
      before = after
    }
  }

  /** What an assignment depends on. */
  #shape(): string {
    const { topics } = this.#connection.view
    return this.#options.topics.map((name) => `${name}: ${topics.get(name)?.partitions}`).join()
  }

  async #ask(what: MemberRequest, answer: (reply: MemberReply) => void): Promise<void> {
    answer(what._tag === 'count-partitions' ? await this.#counted(what.topics) : await this.#asked(what))
  }

  async #asked(asked: Exclude<MemberRequest, { _tag: 'count-partitions' }>): Promise<MemberReply> {
    const connection = this.#connection
    const { group, rebalanceTimeoutMs } = this.#options
    const isWaitedFor = asked._tag === 'join' || asked._tag === 'sync'
    const timeoutMs = isWaitedFor ? rebalanceTimeoutMs + requestTimeoutMs : requestTimeoutMs
    if (connection.view.version < 0) await connection.refresh()
    const of = { kind: 'offsets', id: group } as const
    const reply = await connection.askCoordinator(of, 'group', { group, asked }, timeoutMs)
    if (E.isRight(reply)) {
      const moved = reply.right._tag === 'refused' && reply.right.failure.code === 'not-coordinator'
      if (moved) await connection.refresh()
      return reply.right
    }
    await connection.refresh()
    return { _tag: 'refused', failure: reply.left }
  }

  async #counted(topics: readonly string[]): Promise<MemberReply> {
    await this.#connection.refreshFromController()
    const counts = new Map<string, number>()
    for (const name of topics) {
      const topic = this.#connection.view.topics.get(name)
      if (topic !== undefined) counts.set(name, topic.partitions)
    }
    return { _tag: 'counted', counts }
  }
}
