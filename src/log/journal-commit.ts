import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../contracts/clock.ts'
import type { EngineFailure } from '../contracts/failure.ts'
import type { Checkpoints } from './checkpoints.ts'
import { type Appliers, answered, applyTo, type CommitPath, done, type Queued } from './commit-path.ts'
import { type Answer, type Deferred, deferred } from './deferred.ts'
import type { Journal } from './journal.ts'
import { entryBytesOf } from './journal-frame.ts'
import type { PartitionLog } from './partition-log.ts'
import { isStorageFull } from './storage-failure.ts'
import { SyncPace } from './sync-pace.ts'
import type { WriteFailure } from './write-failure.ts'

/** The most that one frame holds, a single batch aside. */
const frameBytesMax = 8 * 1024 * 1024
/** More than this is not synced in place: it takes as long as it is, and who writes much has other things to do. */
const inPlaceBytesMax = 256 * 1024
/** What is applied may wait so long for being written to the segments: whoever looks at them sees it then. */
const behindMs = 20
/** How much of it may wait. */
const behindBytesMax = 1024 * 1024

export interface JournalCommitOptions extends Appliers {
  readonly journal: Journal
  readonly checkpoints: Checkpoints
  readonly failure: WriteFailure
  readonly clock: Clock
}

interface Waiting extends Deferred {
  /** How many entries, of all ever staged, must be applied. */
  count: number
}

/** What a frame has of one partition. */
interface Unapplied {
  /** All of it. */
  entries: number
  /** What of it the partition has staged: not that it was made. */
  staged: number
}

/**
 * `power`: everything that waits becomes one frame of the journal and shares its sync; then it is applied, and written
 * to the segments a little later, together with what follows. Calls that come while a frame is on its way share the next
 * one, and one answer.
 */
export class JournalCommit implements CommitPath {
  readonly #options: JournalCommitOptions
  readonly #pace = new SyncPace()
  /** Staged, and not in a frame that is synced. */
  #queue: Queued[] = []
  /** In a frame that is synced, and not applied yet. */
  #synced: Map<PartitionLog, Unapplied> | undefined
  /** Applied, and perhaps not written to the segments. */
  readonly #behind = new Set<PartitionLog>()
  #behindBytes = 0
  #stopWaiting: (() => void) | undefined
  #stagedCount = 0
  #appliedCount = 0
  /** Who joins the next frame. */
  #next: Waiting | undefined
  #waiting: Waiting[] = []
  #isPumping = false
  /** The round that the pump is at, or was. */
  #round: Promise<void> = Promise.resolve()
  #closing = false

  constructor(options: JournalCommitOptions) {
    this.#options = options
  }

  get isSettled(): boolean {
    return this.#appliedCount === this.#stagedCount
  }

  get isBehind(): boolean {
    return this.#synced !== undefined
  }

  enqueue(queued: Queued): void {
    this.#queue.push(queued)
    this.#stagedCount++
  }

  commit(): Promise<Answer> {
    if (!this.isSettled) return this.#joinPump()
    this.#options.failure.hasRoom()
    return answered
  }

  retry(): void {
    this.#startPump()
  }

  /** Synced before the pump takes it, so that nobody who writes waits long. */
  async checkpoint(): Promise<void> {
    const { checkpoints, failure } = this.#options
    checkpoints.warm()
    await checkpoints.warmed()
    if (!this.#closing && failure.stopped === undefined && checkpoints.isWarm) await this.#joinPump()
  }

  async quiet(): Promise<void> {
    this.#closing = true
    this.#stopWaiting?.()
    while (this.#isPumping) await this.#round
    await this.#options.checkpoints.warmed()
  }

  #joinPump(): Promise<Answer> {
    if (this.#next === undefined) {
      const { answer, resolve } = deferred()
      this.#next = { answer, resolve, count: 0 }
    }
    this.#next.count = this.#stagedCount
    this.#startPump()
    return this.#next.answer
  }

  /** Those who commit before the promises that are settled by now are through, share its frame. */
  #startPump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    void answered.then(this.#pump)
  }

  readonly #pump = (): void => {
    this.#round = this.#pumpAll()
  }

  /** Frame after frame, until nobody waits. */
  async #pumpAll(): Promise<void> {
    const { journal, checkpoints, failure } = this.#options
    try {
      do {
        if (this.#next !== undefined) this.#waiting.push(this.#next)
        this.#next = undefined
        this.#applySynced()
        // no await where there is nothing to wait for: as a rule all of it is done at once
        const { count, bytes } = this.#frameSize()
        if (checkpoints.isWarm || (count > 0 && !journal.fits(bytes))) await this.#makeRoom(bytes)
        if (count > 0) {
          if (this.#writeFrame(count)) await this.#sync()
          this.#frameSynced(count)
          this.#writeLater(bytes)
          if (journal.fill > 0.5) checkpoints.warm()
        }
        failure.hasRoom()
        this.#answer()
      } while (this.#next !== undefined || this.#waiting.length > 0)
    } catch (error) {
      this.#refuseAll(failure.note(error))
    }
    if (failure.stopped !== undefined) this.#refuseAll(failure.stopped)
    this.#isPumping = false
    if (this.#next !== undefined) this.#startPump()
  }

  /** Writes what is first in the queue, and answers whether it is still to be synced. */
  #writeFrame(count: number): boolean {
    const { journal, logs } = this.#options
    const first = count === this.#queue.length ? this.#queue : this.#queue.slice(0, count)
    const isGone = ({ of }: Queued): boolean => logs.isRemoved(of)
    const entries = first.some(isGone) ? first.filter((queued) => !isGone(queued)) : first
    if (entries.length === 0) return false
    journal.write(entries)
    if (!this.#pace.isInPlace || journal.unsyncedBytes > inPlaceBytesMax) return true
    this.#syncNow()
    return false
  }

  /** The first `count` of the queue are durable. */
  #frameSynced(count: number): void {
    const synced = new Map<PartitionLog, Unapplied>()
    for (let at = 0; at < count; at++) {
      const { of, change } = this.#queue[at] as Queued
      const staged = change._tag === 'created' ? 0 : 1
      const unapplied = synced.get(of)
      if (unapplied === undefined) synced.set(of, { entries: 1, staged })
      else {
        unapplied.entries++
        unapplied.staged += staged
      }
    }
    this.#queue = count === this.#queue.length ? [] : this.#queue.slice(count)
    this.#synced = synced
    this.#applySynced()
  }

  async #sync(): Promise<void> {
    await this.#options.journal.sync()
    this.#pace.aside(this.#next !== undefined)
  }

  #syncNow(): void {
    const { journal, clock } = this.#options
    const beganAt = clock.elapsed()
    journal.syncNow()
    this.#pace.inPlace(clock.elapsed() - beganAt)
  }

  #frameSize(): { readonly count: number; readonly bytes: number } {
    let count = 0
    let bytes = 0
    for (const queued of this.#queue) {
      const more = entryBytesOf(queued)
      if (count > 0 && bytes + more > frameBytesMax) break
      bytes += more
      count++
    }
    return { count, bytes }
  }

  /** A partition at a time: the journal has their order. */
  #applySynced(): void {
    if (this.#synced === undefined) return
    for (const [log, unapplied] of this.#synced) {
      const before = log.pending
      try {
        applyTo(this.#options, log, unapplied.staged)
        this.#behind.add(log)
        this.#noteApplied(unapplied, unapplied.entries, unapplied.staged)
      } catch (error) {
        const applied = before - log.pending
        this.#noteApplied(unapplied, applied, applied)
        throw error
      }
    }
    this.#synced = undefined
  }

  #noteApplied(unapplied: Unapplied, entries: number, staged: number): void {
    this.#appliedCount += entries
    unapplied.entries -= entries
    unapplied.staged -= staged
  }

  /** So many bytes more are applied. */
  #writeLater(bytes: number): void {
    this.#behindBytes += bytes
    if (this.#behindBytes >= behindBytesMax) this.#writeBehind()
    else if (!this.#closing) this.#stopWaiting ??= this.#options.clock.after(behindMs, () => this.#writeBehind())
  }

  /** Where there is no room it waits on: the journal has it. */
  #writeBehind(): void {
    const { logs, failure } = this.#options
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
    try {
      for (const log of this.#behind) if (!logs.isRemoved(log)) log.applied.writeBehind()
    } catch (error) {
      if (!isStorageFull(error)) failure.note(error)
    }
    this.#behind.clear()
    this.#behindBytes = 0
  }

  #answer(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) {
      if (one.count <= this.#appliedCount) one.resolve(done)
      else this.#waiting.push(one)
    }
  }

  #refuseAll(failure: EngineFailure): void {
    const all = this.#next === undefined ? this.#waiting : [...this.#waiting, this.#next]
    this.#waiting = []
    this.#next = undefined
    for (const { resolve } of all) resolve(E.left(failure))
  }

  /** Begins another generation: the frame would not fit, or the segments are as good as synced. */
  async #makeRoom(bytes: number): Promise<void> {
    const { checkpoints, journal } = this.#options
    await checkpoints.warmed()
    try {
      await checkpoints.take()
    } catch (error) {
      if (!isStorageFull(error) || !journal.fits(bytes)) throw error
    }
  }
}
