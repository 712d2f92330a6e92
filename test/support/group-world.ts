import * as E from 'fp-ts/lib/Either.js'
import type { AssignorName } from '../../src/contracts/engine.ts'
import { engineFailure } from '../../src/contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../src/contracts/position.ts'
import { stepGroup } from '../../src/protocol/broker/group.ts'
import type { GroupCommand, GroupEffect, GroupReply } from '../../src/protocol/broker/group-command.ts'
import { deadline } from '../../src/protocol/broker/group-membership.ts'
import {
  decodeGroupRecord,
  encodeGroupRecord,
  type GenerationValue,
  type GroupRecord,
} from '../../src/protocol/broker/group-records.ts'
import { recovered, replayed } from '../../src/protocol/broker/group-recovery.ts'
import { emptyGroup, type Group, kafkaGroupSettings } from '../../src/protocol/broker/group-state.ts'
import { assignors } from '../../src/protocol/client/assignors/index.ts'
import { decodeAssignment, decodeSubscription } from '../../src/protocol/client/consumer-protocol.ts'
import { memberDeadline, stepMember } from '../../src/protocol/client/group-member.ts'
import {
  type GroupMembership,
  idleMember,
  type MemberCommand,
  type MemberEffect,
  type MemberReply,
  type MemberRequest,
} from '../../src/protocol/client/group-member-state.ts'

export interface GroupSetup {
  readonly assignor: AssignorName
  readonly counts: ReadonlyMap<string, number>
  readonly initialRebalanceDelayMs: number
  /** One program each; two may have the same instance id, by mistake. */
  readonly instanceIds: readonly (string | undefined)[]
}

interface Program {
  membership: GroupMembership
  /** Counts restarts: nobody answers a program that is gone. */
  incarnation: number
  /** What its application has in its hands, by what it was told. */
  readonly held: Map<string, TopicPartition>
  revoked: { readonly revocation: number; readonly partitions: readonly TopicPartition[] } | undefined
  ended: boolean
}

type Message =
  | { readonly to: 'coordinator'; readonly from: Sender; readonly what: MemberRequest }
  | { readonly to: 'member'; readonly from: Sender; readonly reply: MemberReply }
interface Sender {
  readonly program: number
  readonly incarnation: number
  readonly request: number
}

export type Fate = 'delivered' | 'lost' | 'duplicated'

/** A group's coordinator, some members, and a network and a log that do what the test says; its laws hold after each step. */
export class GroupWorld {
  readonly setup: GroupSetup
  now = 0
  group: Group
  readonly programs: Program[]
  messages: Message[] = []
  /** Handed to the log, not answered yet; then what the log holds. */
  writing: Extract<GroupEffect, { _tag: 'append' }>[] = []
  readonly log: { readonly record: GroupRecord; readonly offset: number }[] = []
  readonly #asked = new Map<number, Sender>()
  /** What happened, for counting and for counterexamples. */
  readonly seen: Set<string> = new Set()
  readonly #all: readonly string[]
  #nextRequest = 0
  #nextId = 0

  constructor(setup: GroupSetup) {
    this.setup = setup
    this.group = this.#unknownGroup()
    this.programs = setup.instanceIds.map((instanceId) => ({
      membership: this.#idle(instanceId),
      incarnation: 0,
      held: new Map(),
      revoked: undefined,
      ended: false,
    }))
    this.#all = [...setup.counts].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => partitionName({ topic, partition })),
    )
  }

  #unknownGroup(): Group {
    const { initialRebalanceDelayMs } = this.setup
    return emptyGroup('g', { ...kafkaGroupSettings, newMemberJoinTimeoutMs: 100, initialRebalanceDelayMs })
  }

  #idle(instanceId: string | undefined): GroupMembership {
    return idleMember({
      group: 'g',
      topics: [...this.setup.counts.keys()],
      assignor: this.setup.assignor,
      instanceId,
      sessionTimeoutMs: 30,
      rebalanceTimeoutMs: 40,
      requestTimeoutMs: 10,
      backoffMs: 2,
      maxBackoffMs: 8,
    })
  }

  /** Gives `command` to program `index`, if it runs. */
  member(index: number, command: MemberCommand): void {
    const program = this.programs[index]
    if (program === undefined || program.ended) return
    const [membership, effects] = stepMember(program.membership, command)
    program.membership = membership
    for (const effect of effects) this.#happen(index, program, effect)
    this.check()
  }

  #happen(index: number, program: Program, effect: MemberEffect): void {
    this.seen.add(effect._tag)
    const { membership, held } = program
    if (program.ended) throw new Error(`${effect._tag} after the end`)
    if (effect._tag === 'lost') this.seen.add(effect.failure.code)
    if (effect._tag === 'request') {
      const from = { program: index, incarnation: program.incarnation, request: effect.request }
      this.messages.push({ to: 'coordinator', from, what: effect.what })
    } else if (effect._tag === 'ended') {
      if (effect.failure !== undefined) this.seen.add(effect.failure.code)
      held.clear()
      program.ended = true
    } else if (effect._tag === 'assigned') {
      for (const tp of effect.partitions) {
        if (held.has(partitionName(tp))) throw new Error(`${partitionName(tp)} was assigned twice`)
        held.set(partitionName(tp), tp)
      }
    } else {
      const stays = new Set(membership.previous.owned.map(partitionName))
      for (const tp of effect.partitions) {
        if (!held.has(partitionName(tp))) throw new Error(`${effect._tag} what it has not: ${partitionName(tp)}`)
        if (effect._tag === 'lost') held.delete(partitionName(tp))
        else if (assignors[this.setup.assignor].cooperative && stays.has(partitionName(tp)))
          throw new Error(`${partitionName(tp)} was revoked although it stays`)
      }
      program.revoked = effect._tag === 'revoked' ? effect : undefined
    }
  }

  /** The application finishes with what was revoked. */
  release(index: number): void {
    const program = this.programs[index]
    const revoked = program?.revoked
    if (program === undefined || revoked === undefined) return
    program.revoked = undefined
    for (const tp of revoked.partitions) program.held.delete(partitionName(tp))
    this.member(index, { _tag: 'release', now: this.now, revocation: revoked.revocation })
  }

  /** The process dies, and may be started again as a new one. */
  crash(index: number): void {
    const program = this.programs[index]
    if (program === undefined) return
    const { membership, held } = program
    held.clear()
    program.membership = this.#idle(membership.options.instanceId)
    program.incarnation += 1
    program.revoked = undefined
    program.ended = false
  }

  deliver(index: number, fate: Fate): void {
    const message = this.messages[index]
    if (message === undefined) return
    if (fate !== 'duplicated') this.messages = this.messages.filter((other) => other !== message)
    if (fate === 'lost') return
    if (message.to === 'coordinator') this.#receive(message.from, message.what)
    else if (this.programs[message.from.program]?.incarnation === message.from.incarnation) {
      const { reply, from } = message
      if (reply._tag === 'refused') this.seen.add(reply.failure.code)
      this.member(from.program, { _tag: 'reply', now: this.now, request: from.request, reply })
    }
  }

  #receive(from: Sender, what: MemberRequest): void {
    if (what._tag === 'count-partitions') {
      this.messages.push({ to: 'member', from, reply: { _tag: 'counted', counts: this.setup.counts } })
      return
    }
    const request = this.#nextRequest++
    this.#asked.set(request, from)
    const common = { request, now: this.now, timestamp: this.now }
    if (what._tag === 'join') {
      const newMemberId = `m${this.#nextId++}`
      this.coordinate({ ...what, ...common, newMemberId, clientId: 'c', clientHost: 'h' })
    } else this.coordinate({ ...what, ...common })
  }

  coordinate(command: GroupCommand): void {
    const [group, effects] = stepGroup(this.group, command)
    this.group = group
    for (const effect of effects)
      if (effect._tag === 'append') {
        this.writing.push(effect)
        if (group.inFlight.get(effect.ticket)?._tag === 'assignment') this.#checkAssignment(effect.records)
      } else this.#reply(effect.request, effect.reply)
    this.check()
  }

  #reply(request: number, reply: GroupReply): void {
    const from = this.#asked.get(request)
    if (from === undefined) throw new Error(`request ${request} was answered twice`)
    this.#asked.delete(request)
    this.messages.push({ to: 'member', from, reply })
  }

  /** The log answers the oldest append. */
  write(succeeds: boolean): void {
    const oldest = this.writing.shift()
    if (oldest === undefined) return
    const moment = { now: this.now, timestamp: this.now, ticket: oldest.ticket }
    if (!succeeds) {
      const failure = engineFailure('storage-full', 'the log is full')
      this.coordinate({ _tag: 'append-failed', ...moment, failure })
      return
    }
    const baseOffset = this.log.length
    oldest.records.forEach((record, i) => {
      this.log.push({ record, offset: baseOffset + i })
    })
    this.coordinate({ _tag: 'appended', ...moment, baseOffset })
  }

  /** Another coordinator takes over, with what the log holds and without what anyone waits for. */
  failOver(): void {
    this.writing = []
    this.#asked.clear()
    let group = this.#unknownGroup()
    for (const { record, offset } of this.log) {
      const read = decodeGroupRecord(encodeGroupRecord(record))
      if (E.isLeft(read) || read.right === undefined) throw new Error('the log cannot be read')
      group = replayed(group, read.right, { offset, producerId: -1 })
    }
    this.group = recovered(group, this.now)
    this.check()
  }

  /** Time passes, and everyone who waits for it is told. */
  pass(ms: number): void {
    this.now += ms
    this.coordinate({ _tag: 'expire', now: this.now, timestamp: this.now })
    if (deadline(this.group) <= this.now)
      throw new Error(`the coordinator is late for its own deadline: ${this.describe()}`)
    this.programs.forEach((program, index) => {
      for (let i = 0; memberDeadline(program.membership) <= this.now; i++) {
        if (i > 9) throw new Error('a member never finishes its tick')
        this.member(index, { _tag: 'tick', now: this.now })
      }
    })
  }

  /** Whether program `index` could commit now: in a transaction, which is fenced least. */
  canCommit(index: number): boolean {
    const program = this.programs[index]
    if (program === undefined || program.held.size === 0) return false
    const { memberId, generation, instanceId } = program.membership.token
    const [, effects] = stepGroup(this.group, {
      _tag: 'commit-in-transaction',
      request: -1,
      now: this.now,
      timestamp: this.now,
      memberId,
      generation,
      instanceId,
      producerId: 1,
      producerEpoch: 0,
      offsets: [{ topic: 't', partition: 0, offset: 0, metadata: '' }],
    })
    return effects.some((effect) => effect._tag === 'append')
  }

  /** No partition is in two hands that could both commit. */
  check(): void {
    const hands = new Map<string, number>()
    this.programs.forEach((program, index) => {
      if (!this.canCommit(index)) return
      for (const name of program.held.keys()) {
        const other = hands.get(name)
        if (other !== undefined) throw new Error(`programs ${other} and ${index} could both commit ${name}`)
        hands.set(name, index)
      }
    })
  }

  /** A generation gives every partition to one member, or to nobody as long as another still has it. */
  #checkAssignment(records: readonly GroupRecord[]): void {
    for (const record of records) {
      if (record._tag !== 'generation' || record.value === null || record.value.members.length === 0) continue
      const { given, claimed } = partsOf(record.value)
      if (new Set(given).size !== given.length) throw new Error('a partition was given to two members')
      const open = this.#all.filter((name) => !given.includes(name))
      if (open.length > 0) this.seen.add('handover')
      if (!assignors[this.setup.assignor].cooperative && open.length > 0) throw new Error(`nobody got ${open}`)
      const free = open.filter((name) => !claimed.has(name))
      if (free.length > 0) throw new Error(`nobody got ${free}, and nobody has it`)
    }
  }

  get running(): readonly Program[] {
    return this.programs.filter((program) => !program.ended && program.membership.phase._tag !== 'idle')
  }

  /** Everyone who runs is in the generation, and has its part of everything. */
  get settled(): boolean {
    const { running, group } = this
    if (running.length === 0) return group.phase === 'Empty' && group.pending.size === 0
    const held = running.flatMap((program) => [...program.held.keys()])
    return (
      group.phase === 'Stable' &&
      group.members.size === running.length &&
      running.every(({ membership }) => {
        const { phase, generation, token } = membership
        return phase._tag === 'stable' && generation === group.generation && token.generation === generation
      }) &&
      held.length === this.#all.length &&
      new Set(held).size === held.length &&
      this.#asked.size === 0
    )
  }

  /** No more faults: everything is delivered, written and released at once. Answers the milliseconds until all was settled. */
  settle(withinMs: number): number {
    const start = this.now
    while (!this.settled) {
      if (this.now - start > withinMs) throw new Error(`not settled after ${withinMs} ms: ${this.describe()}`)
      for (let steps = 0; this.messages.length + this.writing.length > 0; steps++) {
        if (steps > 2_000) throw new Error(`never quiet: ${this.describe()}`)
        this.deliver(0, 'delivered')
        this.write(true)
        this.programs.forEach((_, index) => {
          this.release(index)
        })
      }
      this.programs.forEach((_, index) => {
        this.release(index)
      })
      if (this.settled) break
      if (this.messages.length > 0) continue
      const next = Math.min(deadline(this.group), ...this.programs.map((p) => memberDeadline(p.membership)))
      this.pass(Math.max(1, Number.isFinite(next) ? next - this.now : 1))
    }
    return this.now - start
  }

  describe(): string {
    const programs = this.programs.map(
      ({ membership: m, held, ended }, i) =>
        `${i}: ${ended ? 'ended' : m.phase._tag} ${m.memberId} at ${m.generation} has ${[...held.keys()]}`,
    )
    return `${this.group.phase} ${this.group.generation} of ${[...this.group.members.keys()]}; ${programs.join('; ')}`
  }
}

const partsOf = (
  value: GenerationValue,
): { readonly given: readonly string[]; readonly claimed: ReadonlySet<string> } => {
  const given: string[] = []
  const claimed = new Set<string>()
  for (const { assignment, subscription } of value.members) {
    const part = decodeAssignment(assignment)
    const said = decodeSubscription(subscription)
    if (E.isLeft(part) || E.isLeft(said)) throw new Error('the generation cannot be read')
    given.push(...part.right.partitions.map(partitionName))
    for (const tp of said.right.owned) claimed.add(partitionName(tp))
  }
  return { given, claimed }
}
