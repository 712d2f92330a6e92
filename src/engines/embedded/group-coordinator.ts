import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { CommittedOffset } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import { stepGroup } from '../../protocol/broker/group.ts'
import type { GroupCommand, GroupEffect, GroupReply, Moment } from '../../protocol/broker/group-command.ts'
import { deadline } from '../../protocol/broker/group-membership.ts'
import { entriesOf, offsetOf } from '../../protocol/broker/group-offset-table.ts'
import { isUndecided } from '../../protocol/broker/group-offsets.ts'
import { decodeGroupRecord, encodeGroupRecord } from '../../protocol/broker/group-records.ts'
import { recovered, replayed } from '../../protocol/broker/group-recovery.ts'
import { emptyGroup, type Group, type GroupSettings, isForgettable } from '../../protocol/broker/group-state.ts'
import type { AskedOfGroup } from '../asked.ts'
import { AwaitedReplies } from '../awaited-replies.ts'
import type { InternalLog } from './internal-log.ts'

export interface GroupCoordinatorParts {
  readonly log: InternalLog
  readonly clock: Clock
  readonly settings: GroupSettings
  /** A group wants its members to join again, and not all of them have been told. */
  readonly rebalancing: (group: string) => void
}

/**
 * Drives the machine of every group over the log. What it writes counts as written once it is staged; answers are for
 * the caller to hold back until the log has committed.
 */
export class GroupCoordinator {
  readonly #parts: GroupCoordinatorParts
  readonly #groups = new Map<string, Group>()
  readonly #replies = new AwaitedReplies<GroupReply>()
  readonly #timers = new Map<string, { readonly at: number; readonly stop: () => void }>()

  constructor(parts: GroupCoordinatorParts) {
    this.#parts = parts
  }

  /** Takes over what the log holds, where every transaction has ended. */
  load(): E.Either<EngineFailure, void> {
    const { log, clock } = this.#parts
    let unreadable: EngineFailure | undefined
    const read = log.replay((bytes, offset) => {
      const record = decodeGroupRecord(bytes)
      if (record._tag === 'Left') unreadable ??= log.unreadable(record.left.message)
      else if (record.right !== undefined) {
        const { group } = record.right
        this.#groups.set(group, replayed(this.#group(group), record.right, { offset, producerId: -1 }))
      }
    })
    if (read._tag === 'Left') return read
    for (const [name, group] of [...this.#groups]) {
      if (isForgettable(group)) this.#groups.delete(name)
      else this.#groups.set(name, recovered(group, clock.elapsed()))
    }
    return unreadable === undefined ? E.right(undefined) : E.left(unreadable)
  }

  /** Every member of before is known to be gone; from now on the time is watched. */
  start(): void {
    for (const name of [...this.#groups.keys()]) this.#step(name, { _tag: 'evict', ...this.#moment() })
  }

  stop(): void {
    for (const { stop } of this.#timers.values()) stop()
    this.#timers.clear()
  }

  has(group: string): boolean {
    return this.#groups.has(group)
  }

  /**
   * Those of `offsets` that are not committed as they are already: the others need no record. One that a transaction is
   * about to change does.
   */
  changed(group: string, offsets: readonly CommittedOffset[]): readonly CommittedOffset[] {
    const known = this.#groups.get(group)
    if (known === undefined) return offsets
    return offsets.filter((committed) => {
      const stored = offsetOf(known.offsets, committed)
      const stands = stored?.offset === committed.offset && stored.metadata === committed.metadata
      return !stands || isUndecided(known, committed)
    })
  }

  get names(): readonly string[] {
    return [...this.#groups.keys()].sort()
  }

  /** The answer may come at once, or much later: a join waits for others. */
  ask(group: string, asked: AskedOfGroup, answer: (reply: GroupReply) => void): void {
    const request = this.#replies.add(answer)
    this.#step(group, { ...asked, request, ...this.#moment() } as GroupCommand)
  }

  /** The marker of a transaction lies in the log. */
  endTransaction(producerId: number, commit: boolean): void {
    this.#groups.forEach((group, name) => {
      if (group.undecided.has(producerId)) this.#step(name, { _tag: 'end-transaction', producerId, commit })
    })
  }

  /** Topics that are gone take their offsets along. */
  forgetTopics(isGone: (topic: string) => boolean): void {
    for (const [name, { offsets, undecided }] of [...this.#groups]) {
      const topics = new Set([offsets, ...undecided.values()].flatMap((of) => [...of.keys()]))
      for (const topic of topics)
        if (isGone(topic)) this.#step(name, { _tag: 'forget-topic', topic, ...this.#moment() })
    }
  }

  /**
   * Committed offsets behind the end of their partition go back to it: a loss of power has taken what they had passed,
   * and what is written there now has been read by nobody.
   */
  setBack(endOf: (at: TopicPartition) => number): E.Either<EngineFailure, void> {
    let refused: EngineFailure | undefined
    for (const [name, { offsets }] of [...this.#groups]) {
      const lost = entriesOf(offsets).flatMap(({ topic, partition, offset, metadata }) => {
        const end = endOf({ topic, partition })
        return offset > end ? [{ topic, partition, offset: end, metadata }] : []
      })
      if (lost.length === 0) continue
      this.ask(name, { _tag: 'commit', generation: -1, memberId: '', offsets: lost }, (reply) => {
        if (reply._tag === 'refused') refused ??= reply.failure
      })
    }
    return refused === undefined ? E.right(undefined) : E.left(refused)
  }

  #group(name: string): Group {
    return this.#groups.get(name) ?? emptyGroup(name, this.#parts.settings)
  }

  #moment(): Moment {
    const { clock } = this.#parts
    return { now: clock.elapsed(), timestamp: clock.now() }
  }

  #step(name: string, command: GroupCommand): void {
    const before = this.#group(name)
    const [after, effects] = stepGroup(before, command)
    this.#groups.set(name, after)
    for (const effect of effects) this.#perform(name, effect)
    const settled = this.#group(name)
    if (isForgettable(settled)) this.#groups.delete(name)
    this.#arm(name, settled)
    // an assignment that cannot be written is refused to all who wait for it: they come back after a while, where the
    // hurried would come back, and fail, at once and for ever
    const calls = after.phase === 'PreparingRebalance' && command._tag !== 'append-failed'
    if (calls && before.phase !== after.phase && settled.phase === after.phase) this.#parts.rebalancing(name)
  }

  #perform(name: string, effect: GroupEffect): void {
    if (effect._tag === 'reply') return this.#replies.answer(effect.request, effect.reply)
    const { ticket, records, producer } = effect
    const written = this.#write(records.map(encodeGroupRecord), producer)
    this.#step(
      name,
      written._tag === 'Right'
        ? { _tag: 'appended', ticket, baseOffset: written.right, ...this.#moment() }
        : { _tag: 'append-failed', ticket, failure: written.left, ...this.#moment() },
    )
  }

  #write(...[records, producer]: Parameters<InternalLog['write']>): E.Either<EngineFailure, number> {
    try {
      return this.#parts.log.write(records, producer)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return E.left(engineFailure('invalid-record', `a record of a group cannot be written: ${error.message}`, error))
    }
  }

  #arm(name: string, group: Group): void {
    const at = this.#groups.has(name) ? deadline(group) : Number.POSITIVE_INFINITY
    const timer = this.#timers.get(name)
    // each commit puts the deadline off: a ring that comes too early expires nobody, and looks where it is by then
    if (timer !== undefined && timer.at <= at && at !== Number.POSITIVE_INFINITY) return
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
}
