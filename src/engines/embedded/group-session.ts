import * as E from 'fp-ts/lib/Either.js'
import { Observable, type Subscriber } from 'rxjs'
import type { Clock } from '../../contracts/clock.ts'
import type { GroupEvent, JoinOptions, Membership } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { Random } from '../../contracts/random.ts'
import { memberDeadline, stepMember } from '../../protocol/client/group-member.ts'
import {
  type GroupMembership,
  idleMember,
  type MemberCommand,
  type MemberEffect,
  type MemberReply,
  type MemberRequest,
} from '../../protocol/client/group-member-state.ts'
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

/** One member: drives its machine against the coordinator in the same process. */
export class GroupSession {
  readonly #parts: GroupSessionParts
  readonly #lifetime: Lifetime
  #state: GroupMembership
  /** Commands take turns: what one brings about may come while its effects are still being performed. */
  readonly #commands: MemberCommand[] = []
  #running = false
  #stopTimer: (() => void) | undefined
  #failure: EngineFailure | undefined
  #hasEnded = false
  readonly #leaving: (() => void)[] = []
  /** Events that nobody has subscribed to yet. */
  #unheard: GroupEvent[] = []
  #subscriber: Subscriber<GroupEvent> | undefined

  constructor(parts: GroupSessionParts) {
    this.#parts = parts
    this.#lifetime = childLifetime(parts.engine, `the member of group '${parts.options.group}'`)
    this.#state = idleMember({ ...parts.options, ...patience })
    this.#lifetime.onEnd((failure) => this.#end(failure))
  }

  get group(): string {
    return this.#parts.options.group
  }

  reads(topic: string): boolean {
    return this.#parts.options.topics.includes(topic)
  }

  /** Why the group does not let it in, if so. */
  start(): EngineFailure | undefined {
    this.#do({ _tag: 'start', now: this.#now() })
    return this.#failure
  }

  hurry(): void {
    this.#do({ _tag: 'hurry', now: this.#now() })
  }

  assignAgain(): void {
    this.#do({ _tag: 'rejoin', now: this.#now() })
  }

  readonly membership: Membership = {
    events: new Observable<GroupEvent>((subscriber) => this.#subscribe(subscriber)),
    token: () => this.#state.token,
    leave: () => this.#parts.engine.call(() => this.#leave()),
  }

  #leave(): Promise<E.Either<EngineFailure, void>> {
    return new Promise((resolve) => {
      if (this.#hasEnded) return resolve(E.right(undefined))
      this.#leaving.push(() => resolve(E.right(undefined)))
      this.#do({ _tag: 'leave', now: this.#now() })
    })
  }

  #now(): number {
    return this.#parts.clock.elapsed()
  }

  #do(command: MemberCommand): void {
    this.#commands.push(command)
    if (this.#running) return
    this.#running = true
    for (let next = this.#commands.shift(); next !== undefined; next = this.#commands.shift()) {
      const [state, effects] = stepMember(this.#state, next)
      this.#state = state
      for (const effect of effects) this.#perform(effect)
    }
    this.#running = false
    this.#arm()
  }

  #arm(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    const at = memberDeadline(this.#state)
    if (this.#hasEnded || at === Number.POSITIVE_INFINITY) return
    const delayMs = Math.max(0, Math.ceil(at - this.#now()))
    this.#stopTimer = this.#parts.clock.after(delayMs, () => this.#do({ _tag: 'tick', now: this.#now() }))
  }

  #perform(effect: MemberEffect): void {
    switch (effect._tag) {
      case 'request':
        return this.#request(effect.request, effect.what)
      case 'assigned':
        return this.#tell({ _tag: 'assigned', partitions: effect.partitions, members: effect.members })
      case 'revoked': {
        const { partitions, revocation } = effect
        const release = () => this.#do({ _tag: 'release', now: this.#now(), revocation })
        return this.#tell({ _tag: 'revoked', partitions, release })
      }
      case 'lost':
        return this.#tell({ _tag: 'lost', partitions: effect.partitions, failure: effect.failure })
      case 'ended':
        return this.#end(effect.failure)
    }
  }

  #request(request: number, what: MemberRequest): void {
    const answer = (reply: MemberReply) => this.#do({ _tag: 'reply', now: this.#now(), request, reply })
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
    if (this.#subscriber === undefined) this.#unheard.push(event)
    else this.#subscriber.next(event)
  }

  #end(failure: EngineFailure | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#failure = failure
    this.#stopTimer?.()
    this.#lifetime.end()
    this.#parts.ended()
    for (const left of this.#leaving) left()
    this.#farewell()
  }

  #farewell(): void {
    if (this.#failure === undefined) this.#subscriber?.complete()
    else this.#subscriber?.error(this.#failure)
  }
}
