import * as E from 'fp-ts/lib/Either.js'
import { Observable, type Subscriber } from 'rxjs'
import type { GroupEvent, JoinOptions, Membership } from '../../../contracts/engine.ts'
import type { EngineFailure } from '../../../contracts/failure.ts'
import { memberDeadline, stepMember } from '../../../protocol/client/group-member.ts'
import {
  type GroupMembership,
  idleMember,
  type MemberCommand,
  type MemberEffect,
  type MemberReply,
  type MemberRequest,
} from '../../../protocol/client/group-member-state.ts'
import { partitionsText } from '../message-text.ts'
import { type Answer, type Connection, requestTimeoutMs } from './connection.ts'

/** How long a join may wait for others before it counts as let in: whatever is refused is refused at once. */
const letInMs = 50
/** How often the topics are looked at: as Kafka's metadata.max.age.ms, shortened to what a simulation is worth. */
const lookMs = 1_000

const patience = { requestTimeoutMs, backoffMs: 20, maxBackoffMs: 500 }

/** One member of a group: drives its machine against the coordinator, wherever that is. */
export class MemberSession {
  readonly #connection: Connection
  readonly #options: JoinOptions
  #state: GroupMembership
  readonly #commands: MemberCommand[] = []
  #isRunning = false
  #stopTimer = () => {}
  #failure: EngineFailure | undefined
  #hasEnded = false
  readonly #leaving: (() => void)[] = []
  /** Events that nobody has subscribed to yet. */
  #unheard: GroupEvent[] = []
  #subscriber: Subscriber<GroupEvent> | undefined

  constructor(connection: Connection, options: JoinOptions) {
    this.#connection = connection
    this.#options = options
    this.#state = idleMember({ ...options, ...patience })
    connection.onEnd((failure) => this.#end(failure))
    this.#do({ _tag: 'start', now: this.#now })
  }

  /** Why the group does not let it in, if so. */
  async letIn(): Promise<EngineFailure | undefined> {
    const until = this.#now + letInMs
    while (this.#now < until && !this.#hasEnded && this.#state.generation < 0) await this.#connection.wait(1, 'joins')
    void this.#watchTopics()
    return this.#failure
  }

  /** Topics that have grown, come or gone are assigned anew. */
  async #watchTopics(): Promise<void> {
    for (let before = this.#shape(); !this.#hasEnded; ) {
      await this.#connection.wait(lookMs, 'looks at the topics')
      await this.#connection.refresh()
      const after = this.#shape()
      if (after !== before) this.#do({ _tag: 'rejoin', now: this.#now })
      before = after
    }
  }

  /** What an assignment depends on. */
  #shape(): string {
    const { topics } = this.#connection.view
    return this.#options.topics.map((name) => `${name}: ${topics.get(name)?.partitions}`).join()
  }

  readonly membership: Membership = {
    events: new Observable<GroupEvent>((subscriber) => this.#subscribe(subscriber)),
    token: () => this.#state.token,
    leave: () => this.#connection.call(() => this.#leave()),
  }

  #leave(): Answer<void> {
    return new Promise((resolve) => {
      if (this.#hasEnded) return resolve(E.right(undefined))
      this.#leaving.push(() => resolve(E.right(undefined)))
      this.#do({ _tag: 'leave', now: this.#now })
    })
  }

  get #now(): number {
    return this.#connection.world.now
  }

  /** Commands take turns: what one brings about may come while its effects are still being performed. */
  #do(command: MemberCommand): void {
    this.#commands.push(command)
    if (this.#isRunning) return
    this.#isRunning = true
    for (let next = this.#commands.shift(); next !== undefined; next = this.#commands.shift()) {
      const [state, effects] = stepMember(this.#state, next)
      this.#state = state
      for (const effect of effects) this.#perform(effect)
    }
    this.#isRunning = false
    this.#arm()
  }

  #arm(): void {
    this.#stopTimer()
    const at = memberDeadline(this.#state)
    if (this.#hasEnded || at === Number.POSITIVE_INFINITY) return
    const { world, process } = this.#connection
    this.#stopTimer = world.after(process, at - this.#now, 'member', () => this.#do({ _tag: 'tick', now: this.#now }))
  }

  #perform(effect: MemberEffect): void {
    switch (effect._tag) {
      case 'request':
        return void this.#request(effect.request, effect.what)
      case 'assigned':
        return this.#tell({ _tag: 'assigned', partitions: effect.partitions, members: effect.members })
      case 'revoked': {
        const { partitions, revocation } = effect
        const release = () => this.#do({ _tag: 'release', now: this.#now, revocation })
        return this.#tell({ _tag: 'revoked', partitions, release })
      }
      case 'lost':
        return this.#tell({ _tag: 'lost', partitions: effect.partitions, failure: effect.failure })
      case 'ended':
        return this.#end(effect.failure)
    }
  }

  async #request(request: number, what: MemberRequest): Promise<void> {
    const reply = what._tag === 'count-partitions' ? await this.#counted(what.topics) : await this.#asked(what)
    this.#do({ _tag: 'reply', now: this.#now, request, reply })
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

  #subscribe(subscriber: Subscriber<GroupEvent>): () => void {
    this.#subscriber = subscriber
    const unheard = this.#unheard
    this.#unheard = []
    for (const event of unheard) subscriber.next(event)
    if (this.#hasEnded) this.#farewell()
    return () => {
      if (this.#subscriber === subscriber) this.#subscriber = undefined
    }
  }

  #tell(event: GroupEvent): void {
    const { world, process } = this.#connection
    world.tell(process, () => eventText(event, this.#options.group, this.#state.generation), 'group')
    if (this.#subscriber === undefined) this.#unheard.push(event)
    else this.#subscriber.next(event)
  }

  #end(failure: EngineFailure | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#failure = failure
    this.#stopTimer()
    for (const left of this.#leaving) left()
    this.#farewell()
  }

  #farewell(): void {
    if (this.#failure === undefined) this.#subscriber?.complete()
    else this.#subscriber?.error(this.#failure)
  }
}

const eventText = (event: GroupEvent, group: string, generation: number): string => {
  const partitions = partitionsText(event.partitions)
  switch (event._tag) {
    case 'assigned':
      return `is given ${partitions} in generation ${generation} of group '${group}'`
    case 'revoked':
      return `is to give up ${partitions} of group '${group}'`
    case 'lost':
      return `loses ${partitions} of group '${group}': ${event.failure.code}`
  }
}
