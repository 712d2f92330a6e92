import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../../contracts/clock.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { stepGroup } from '../../../protocol/broker/group.ts'
import type { GroupCommand, GroupEffect, GroupReply, Moment } from '../../../protocol/broker/group-command.ts'
import { deadline } from '../../../protocol/broker/group-membership.ts'
import { decodeGroupRecord, encodeGroupRecord } from '../../../protocol/broker/group-records.ts'
import { recovered, replayed } from '../../../protocol/broker/group-recovery.ts'
import { emptyGroup, type Group, type GroupSettings, isForgettable } from '../../../protocol/broker/group-state.ts'
import type { AskedOfGroup } from '../../asked.ts'
import { AwaitedReplies } from '../../awaited-replies.ts'
import type { LedLog } from './led-log.ts'
import type { Watched } from './observer.ts'

export interface GroupShardParts {
  readonly log: LedLog
  readonly clock: Clock
  readonly settings: GroupSettings
  readonly watched: Watched
  /** A line for people, as of the broker. */
  readonly tell: (what: () => string) => void
}

type Reply = Extract<GroupEffect, { readonly _tag: 'reply' }>

/** As Kafka's offsets.retention.ms and offsets.retention.check.interval.ms. */
const offsetRetentionMs = 7 * 24 * 60 * 60 * 1000
const offsetSweepMs = 10 * 60 * 1000

/** One partition of `__consumer_offsets` at its leader: drives the machine of every group that belongs to it. */
export class GroupShard {
  readonly #parts: GroupShardParts
  readonly #groups = new Map<string, Group>()
  readonly #replies = new AwaitedReplies<GroupReply>()
  readonly #timers = new Map<string, { readonly at: number; readonly stop: () => void }>()
  #stopSweep = () => {}
  /** Replies that wait until what they speak of is in all replicas. */
  #held: Reply[] | undefined
  #isDeposed = false

  /** Reads the log; members' sessions begin anew. */
  constructor(parts: GroupShardParts) {
    this.#parts = parts
    parts.log.replay((one) => {
      if (one._tag === 'end') return this.endTransaction(one.producerId, one.commit)
      const record = decodeGroupRecord(one)
      if (E.isLeft(record)) throw new Error(`broken invariant: ${record.left.message}`)
      if (record.right === undefined) return
      const { group } = record.right
      this.#groups.set(group, replayed(this.#group(group), record.right, one))
    })
    for (const [name, group] of [...this.#groups])
      if (isForgettable(group)) this.#groups.delete(name)
      else {
        const awake = recovered(group, parts.clock.elapsed())
        this.#groups.set(name, awake)
        this.#arm(name, awake)
      }
    this.#sweepLater()
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#groups
  }

  /** The answer may come at once, or much later: a join waits for others. */
  ask(group: string, asked: AskedOfGroup, answer: (reply: GroupReply) => void): void {
    const request = this.#replies.add(answer)
    this.#step(group, { ...asked, request, ...this.#moment() } as GroupCommand)
  }

  /** The marker of a transaction is committed in the log. */
  endTransaction(producerId: number, commit: boolean): void {
    for (const [name, group] of [...this.#groups])
      if (group.undecided.has(producerId)) this.#step(name, { _tag: 'end-transaction', producerId, commit })
  }

  /** The topic is gone, and takes its offsets along. */
  forgetTopic(topic: string): void {
    for (const name of [...this.#groups.keys()]) this.#step(name, { _tag: 'forget-topic', topic, ...this.#moment() })
  }

  /** Its process is about to end, or somebody else leads the partition. */
  leave(): void {
    const reached = this.#parts.watched.by?.reached
    for (const { phase, undecided } of this.#groups.values()) {
      reached?.(`group moved in ${phase}`)
      if (undecided.size > 0) reached?.('group moved with undecided offsets')
    }
  }

  /** Somebody else leads the partition: whoever waits is told to find it. */
  depose(): void {
    this.leave()
    this.#isDeposed = true
    this.#stopSweep()
    for (const { stop } of this.#timers.values()) stop()
    this.#timers.clear()
    const failure = engineFailure('not-coordinator', 'the coordinator of the group has moved: find it anew')
    this.#replies.answerAll({ _tag: 'refused', failure })
  }

  #group(name: string): Group {
    return this.#groups.get(name) ?? emptyGroup(name, this.#parts.settings)
  }

  #moment(): Moment {
    const { clock } = this.#parts
    return { now: clock.elapsed(), timestamp: clock.now() }
  }

  #step(name: string, command: GroupCommand): void {
    if (this.#isDeposed) return
    const before = this.#group(name)
    const [after, effects] = stepGroup(before, command)
    this.#groups.set(name, after)
    if (after !== before) this.#parts.watched.by?.grouped(after)
    for (const effect of effects) this.#perform(name, effect)
    const settled = this.#group(name)
    if (isForgettable(settled)) this.#groups.delete(name)
    this.#arm(name, settled)
  }

  #perform(name: string, effect: GroupEffect): void {
    if (effect._tag === 'reply') {
      if (this.#held === undefined) this.#replies.answer(effect.request, effect.reply)
      else this.#held.push(effect)
      return
    }
    const { ticket, records, producer } = effect
    const failed = (failure: EngineFailure) =>
      this.#step(name, { _tag: 'append-failed', ticket, failure, ...this.#moment() })
    const placed = (baseOffset: number) => this.#step(name, { _tag: 'appended', ticket, baseOffset, ...this.#moment() })
    const { log, tell } = this.#parts
    for (const record of records)
      if (record._tag === 'generation') {
        const { value } = record
        tell(() =>
          value === null
            ? `forgets group '${name}'`
            : `group '${name}' is at generation ${value.generation}, with ${value.members.length === 1 ? '1 member' : `${value.members.length} members`}`,
        )
      }
    const encoded = records.map(encodeGroupRecord)
    if (producer !== undefined) return this.#appendInTransaction(encoded, producer, placed, failed)
    const written: E.Either<EngineFailure, number> = log.append(encoded, undefined, (failure) => {
      if (failure !== undefined) failed(failure)
      else if (written._tag === 'Right') placed(written.right)
    })
    if (written._tag === 'Left') failed(written.left)
  }

  /** Its place in the log is enough for the group, since nobody sees it before the marker; who asked waits for more. */
  #appendInTransaction(
    records: Parameters<LedLog['append']>[0],
    producer: { readonly producerId: number; readonly producerEpoch: number },
    placed: (baseOffset: number) => void,
    failed: (failure: EngineFailure) => void,
  ): void {
    const held: Reply[] = []
    const written = this.#parts.log.append(records, producer, (failure) => {
      for (const { request, reply } of held)
        this.#replies.answer(request, failure === undefined ? reply : { _tag: 'refused', failure })
    })
    if (written._tag === 'Left') return failed(written.left)
    this.#held = held
    placed(written.right)
    this.#held = undefined
  }

  #arm(name: string, group: Group): void {
    const at = this.#groups.has(name) && !this.#isDeposed ? deadline(group) : Number.POSITIVE_INFINITY
    const timer = this.#timers.get(name)
    if (timer?.at === at) return
    timer?.stop()
    this.#timers.delete(name)
    if (at === Number.POSITIVE_INFINITY) return
    const ring = () => {
      this.#timers.delete(name)
      this.#step(name, { _tag: 'expire', ...this.#moment() })
    }
    const stop = this.#parts.clock.after(Math.max(0, Math.ceil(at - this.#parts.clock.elapsed())), ring)
    this.#timers.set(name, { at, stop })
  }

  #sweepLater(): void {
    this.#stopSweep = this.#parts.clock.after(offsetSweepMs, () => {
      for (const name of [...this.#groups.keys()])
        this.#step(name, { _tag: 'expire-offsets', retentionMs: offsetRetentionMs, ...this.#moment() })
      this.#sweepLater()
    })
  }
}
