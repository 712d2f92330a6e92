import * as E from 'fp-ts/lib/Either.js'
import { Observable, type Subscriber } from 'rxjs'
import type { GroupEvent, JoinOptions, Membership } from '../contracts/engine.ts'
import type { EngineFailure } from '../contracts/failure.ts'
import { memberDeadline, stepMember } from '../protocol/client/group-member.ts'
import {
  type GroupMembership,
  idleMember,
  type MemberCommand,
  type MemberEffect,
  type MemberOptions,
  type MemberReply,
  type MemberRequest,
} from '../protocol/client/group-member-state.ts'
import { type DrivenMachine, MachineDriver } from './machine-driver.ts'

type Machine = DrivenMachine<GroupMembership, MemberCommand, MemberEffect>

export interface MemberDriverParts extends Pick<Machine, 'wakeAt'> {
  readonly options: JoinOptions
  /** How long the member waits for its coordinator, and until it asks again. */
  readonly patience: Pick<MemberOptions, 'requestTimeoutMs' | 'backoffMs' | 'maxBackoffMs'>
  /** Milliseconds, never going back. */
  readonly now: () => number
  /** Asks the coordinator, or the cluster; the answer may come at once, much later or never. */
  readonly ask: (what: MemberRequest, answer: (reply: MemberReply) => void) => void
  /** A call of the engine. */
  readonly call: (work: () => Promise<E.Either<EngineFailure, void>>) => ReturnType<Membership['leave']>
  /** Hears of an event before the member's owner does. */
  readonly told?: (event: GroupEvent) => void
  /** Hears of the end before the member's owner does. */
  readonly ended?: () => void
}

/** One member of a group, as every engine has it: drives its machine, and tells its owner what happens to it. */
export class MemberDriver {
  readonly #parts: MemberDriverParts
  readonly #machine: MachineDriver<GroupMembership, MemberCommand, MemberEffect>
  #failure: EngineFailure | undefined
  #hasEnded = false
  readonly #leaving: (() => void)[] = []
  /** Events that nobody has subscribed to yet. */
  #unheard: GroupEvent[] = []
  #subscriber: Subscriber<GroupEvent> | undefined

  constructor(parts: MemberDriverParts) {
    this.#parts = parts
    this.#machine = new MachineDriver({
      initial: idleMember({ ...parts.options, ...parts.patience }),
      step: stepMember,
      perform: (effect) => this.#perform(effect),
      deadline: memberDeadline,
      tick: () => ({ _tag: 'tick', now: parts.now() }),
      wakeAt: parts.wakeAt,
    })
  }

  /** -1 while it takes part in none. */
  get generation(): number {
    return this.#machine.state.generation
  }

  /** As the group knows it; empty while it has no id. */
  get memberId(): string {
    return this.#machine.state.memberId
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** What has ended it, unless it has left. */
  get failure(): EngineFailure | undefined {
    return this.#failure
  }

  readonly membership: Membership = {
    events: new Observable<GroupEvent>((subscriber) => this.#subscribe(subscriber)),
    token: () => this.#machine.state.token,
    leave: () => this.#parts.call(() => this.#leave()),
  }

  start(): void {
    this.#do('start')
  }

  /** The group prepares another generation: the next heartbeat is due. */
  hurry(): void {
    this.#do('hurry')
  }

  /** Its topics have changed: where it leads, it assigns anew. */
  rejoin(): void {
    this.#do('rejoin')
  }

  /** It is over, whatever the group thinks of it. */
  end(failure: EngineFailure | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#failure = failure
    this.#machine.stop()
    this.#parts.ended?.()
    for (const left of this.#leaving) left()
    this.#farewell()
  }

  #do(what: 'start' | 'hurry' | 'rejoin' | 'leave'): void {
    this.#machine.do({ _tag: what, now: this.#parts.now() })
  }

  #leave(): Promise<E.Either<EngineFailure, void>> {
    return new Promise((resolve) => {
      if (this.#hasEnded) return resolve(E.right(undefined))
      this.#leaving.push(() => resolve(E.right(undefined)))
      this.#do('leave')
    })
  }

  #perform(effect: MemberEffect): void {
    const { ask, now } = this.#parts
    switch (effect._tag) {
      case 'request': {
        const { request, what } = effect
        return ask(what, (reply) => this.#machine.do({ _tag: 'reply', now: now(), request, reply }))
      }
      case 'assigned':
        return this.#tell({ _tag: 'assigned', partitions: effect.partitions, members: effect.members })
      case 'revoked': {
        const { partitions, revocation } = effect
        const release = () => this.#machine.do({ _tag: 'release', now: now(), revocation })
        return this.#tell({ _tag: 'revoked', partitions, release })
      }
      case 'lost':
        return this.#tell({ _tag: 'lost', partitions: effect.partitions, failure: effect.failure })
      case 'ended':
        return this.end(effect.failure)
    }
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
    this.#parts.told?.(event)
    if (this.#subscriber === undefined) this.#unheard.push(event)
    else this.#subscriber.next(event)
  }

  #farewell(): void {
    if (this.#failure === undefined) this.#subscriber?.complete()
    else this.#subscriber?.error(this.#failure)
  }
}
