import type { CommittedOffset } from '../../src/contracts/engine.ts'
import { stepGroup } from '../../src/protocol/broker/group.ts'
import type { GroupCommand, GroupEffect, GroupReply, JoinCommand } from '../../src/protocol/broker/group-command.ts'
import type { GroupRecord } from '../../src/protocol/broker/group-records.ts'
import {
  emptyGroup,
  type Group,
  type GroupSettings,
  kafkaGroupSettings,
} from '../../src/protocol/broker/group-state.ts'

type Append = Extract<GroupEffect, { _tag: 'append' }>
type Without<C, K extends string> = C extends unknown ? Omit<C, K> : never
type Command = Without<GroupCommand, 'now' | 'timestamp' | 'request'>

/** One group's coordinator, spoken to step by step. Its log takes everything at once, unless told to wait. */
export class TestCoordinator {
  group: Group
  now = 1_000
  holdsLog = false
  readonly replies: Map<number, GroupReply> = new Map()
  readonly log: { readonly record: GroupRecord; readonly offset: number; readonly producerId: number }[] = []
  readonly held: Append[] = []
  #requests = 0

  constructor(settings: Partial<GroupSettings> = {}) {
    this.group = emptyGroup('g', { ...kafkaGroupSettings, initialRebalanceDelayMs: 0, ...settings })
  }

  /** The number of the request; its answer, once there is one, is in `replies`. */
  send(command: Command): number {
    const request = this.#requests++
    const moment = { request, now: this.now, timestamp: this.now }
    const [group, effects] = stepGroup(this.group, { ...moment, ...command } as GroupCommand)
    this.group = group
    for (const effect of effects) {
      if (effect._tag === 'reply') {
        if (this.replies.has(effect.request)) throw new Error(`request ${effect.request} was answered twice`)
        this.replies.set(effect.request, effect.reply)
      } else if (this.holdsLog) this.held.push(effect)
      else this.write(effect)
    }
    return request
  }

  write({ ticket, records, producer }: Append): void {
    const baseOffset = this.log.length
    records.forEach((record, i) => {
      this.log.push({ record, offset: baseOffset + i, producerId: producer?.producerId ?? -1 })
    })
    this.send({ _tag: 'appended', ticket, baseOffset })
  }

  /** The answer to `command`, which must be there at once. */
  ask(command: Command): GroupReply {
    const reply = this.replies.get(this.send(command))
    if (reply === undefined) throw new Error(`${command._tag} was not answered`)
    return reply
  }

  pass(ms: number): void {
    this.now += ms
    this.send({ _tag: 'expire' })
  }

  /** Joins as a new member would: `memberId` is the id it is given. */
  enter(memberId: string, more: Partial<JoinCommand> = {}): number {
    if (more.instanceId === undefined) this.send(joining('', { ...more, newMemberId: memberId }))
    return this.send(joining(more.instanceId === undefined ? memberId : '', { ...more, newMemberId: memberId }))
  }

  sync(memberId: string, generation: number, parts: Readonly<Record<string, string>> = {}): number {
    const assignments = Object.entries(parts).map(([id, part]) => ({ memberId: id, assignment: utf8(part) }))
    return this.send({ _tag: 'sync', memberId, generation, assignments })
  }

  heartbeat(memberId: string, generation: number, instanceId?: string): GroupReply {
    return this.ask({ _tag: 'heartbeat', memberId, generation, instanceId })
  }

  commit(memberId: string, generation: number, ...offsets: readonly CommittedOffset[]): GroupReply {
    return this.ask({ _tag: 'commit', memberId, generation, offsets })
  }

  /** Members of a stable group, the first one leading. */
  static stable(...memberIds: readonly string[]): TestCoordinator {
    const coordinator = new TestCoordinator()
    for (const memberId of memberIds) coordinator.send(joining('', { newMemberId: memberId }))
    for (const memberId of memberIds) coordinator.send(joining(memberId))
    const parts = Object.fromEntries(memberIds.map((id) => [id, `part of ${id}`]))
    for (const memberId of memberIds) coordinator.sync(memberId, 1, parts)
    return coordinator
  }
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

export const joining = (
  memberId: string,
  more: Partial<JoinCommand> = {},
): Without<JoinCommand, 'now' | 'timestamp' | 'request'> => ({
  _tag: 'join',
  memberId,
  newMemberId: 'unused',
  clientId: 'client',
  clientHost: 'host',
  sessionTimeoutMs: 30,
  rebalanceTimeoutMs: 50,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: utf8('reads a') }],
  ...more,
})

export const at = (topic: string, partition: number, offset: number, metadata = ''): CommittedOffset => ({
  topic,
  partition,
  offset,
  metadata,
})

/** The code of a refusal, or what it was instead. */
export const code = (reply: GroupReply | undefined): string | undefined =>
  reply?._tag === 'refused' ? reply.failure.code : reply?._tag
