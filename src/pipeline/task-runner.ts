import { asRun } from '../contracts/refusal.ts'
import { AttemptGivenUp } from './attempt-errors.ts'
import { BulkCalls } from './bulk-calls.ts'
import type { DonePrefix } from './done-prefix.ts'
import { Entrance } from './entrance.ts'
import type { Entry } from './entry.ts'
import type { Chunk } from './feed.ts'
import { giveUp } from './give-up.ts'
import { Outcomes } from './outcomes.ts'
import type { Stage } from './plan.ts'
import { beginAttempt, passedOn, runStage } from './run-stage.ts'
import { Singles } from './singles.ts'
import { Slices } from './slices.ts'
import type { Source } from './source.ts'
import { TaskParts } from './task-parts.ts'
import type { TaskSetup } from './task-setup.ts'
import type { StateWrite } from './task-store.ts'
import { checkTimes } from './time-limits.ts'

/**
 * Runs the attempts of one task's records, and hands out what is done, in input order. Knows nothing of engines:
 * records are {@link offer}ed, done prefixes {@link take}n and reported {@link committed}.
 *
 * **Guarantees** one key's records run one after the other; of what a failed attempt wrote nothing is left; what is
 * taken is whole records, all up to a position and none behind it, whatever finished first. User code runs from one
 * loop, never from within another record's completion.
 */
export class TaskRunner {
  readonly task: number
  readonly #setup: TaskSetup
  readonly #parts: TaskParts
  readonly #entrance: Entrance
  readonly #outcomes: Outcomes
  readonly #slices: Slices
  readonly #singles: Singles
  readonly #bulk: BulkCalls
  /** Ended outside of the loop. */
  readonly #ended: Entry[] = []
  #running = 0
  #isScheduled = false
  #isClosed = false
  #drained: (() => void) | undefined

  constructor(setup: TaskSetup) {
    this.task = setup.task
    this.#setup = setup
    this.#parts = new TaskParts(setup, () => this.#wake())
    this.#entrance = new Entrance(this.#parts)
    if (this.#parts.parking !== undefined) this.#parts.parking.mayGoOn = () => this.#entrance.admits === 'all'
    this.#outcomes = new Outcomes(this.#parts)
    this.#slices = new Slices(this.#parts, this.#entrance, this.#outcomes)
    this.#singles = new Singles(this.#parts, this.#entrance, this.#outcomes, {
      began: (entry) => this.#began(entry),
      ended: this.#endedLater,
    })
    this.#bulk = new BulkCalls(this.#parts, (entries) => this.#endBulk(entries))
  }

  /** Bytes offered and not read yet. */
  get heldBytes(): number {
    return this.#parts.feed.heldBytes
  }

  /** Whether all that was offered is done; never again once it is given up, since what was read ahead is dropped then. */
  get isIdle(): boolean {
    return !this.#isClosed && this.#parts.feed.isEmpty && this.#parts.window.isEmpty
  }

  /** Whether {@link take} would answer what is worth a commit. */
  get hasDone(): boolean {
    return this.#parts.done.isWorthTaking
  }

  /** How many prefixes are taken and not {@link committed}. */
  get uncommitted(): number {
    return this.#parts.done.uncommitted
  }

  /** What answers whether all is {@link committed} that is done by now. */
  committing(): () => boolean {
    return this.#parts.done.committing()
  }

  /** All of `source` before it is done; `undefined` where nothing of it is. */
  position(source: Source): number | undefined {
    return this.#parts.done.position(source)
  }

  offer(chunk: Chunk): void {
    if (this.#isClosed) return
    this.#parts.feed.offer(chunk)
    this.#wake()
  }

  /** What is done and not taken; `undefined` where nothing has moved. Goes on counting it until {@link committed}. */
  take(): DonePrefix | undefined {
    return this.#parts.done.take()
  }

  /** What has expired of its stores is removed with the next commit; `source` stands at `begin` where nothing of it was done. */
  expire(removals: readonly StateWrite[], source: Source, begin: number): void {
    if (this.#isClosed || removals.length === 0) return
    this.#parts.done.expire(removals, source, begin)
    this.#setup.hooks.done()
  }

  /** What was taken is committed, or has gone: its bytes are free. */
  committed(prefix: DonePrefix): void {
    this.#parts.done.committed(prefix)
    this.#wake()
  }

  /**
   * Lets what has entered finish and lets nothing else enter; with `offered`, all that was offered still does.
   * Resolves when nothing is under way: what failed and waits to run again does not count.
   */
  drain(what: 'entered' | 'offered'): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#entrance.admits = what === 'offered' ? 'offered' : 'none'
    return new Promise((resolve) => {
      this.#drained = resolve
      this.#wake()
    })
  }

  /** Gives up all that is under way and takes in no more; what is done may still be taken. */
  abandon(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { alarm, window, feed } = this.#parts
    alarm.cancel()
    const error = new AttemptGivenUp(reason)
    this.#bulk.abort(error)
    this.#singles.giveUp(error)
    for (const entry of window) giveUp(this.#setup, entry, error)
    feed.clear()
    this.#drained?.()
  }

  /** Gives up everything. */
  close(reason: string): void {
    this.abandon(reason)
    this.#parts.done.clear()
  }

  /** Names the records that have not completed for long, and fails those past their time limit. */
  checkTimes(): void {
    checkTimes(this.#parts, this.#bulk)
  }

  #wake(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    queueMicrotask(this.#turn)
  }

  readonly #turn = (): void => {
    this.#isScheduled = false
    if (this.#isClosed) return
    try {
      asRun(this.#setup.plan.needs, this.#loop)
    } catch (error) {
      this.#setup.hooks.broken(error)
    }
  }

  readonly #loop = (): void => {
    const slices = this.#slices
    const singles = this.#singles
    const { breath } = this.#setup
    for (let turn = 0; ; turn++) {
      for (let entry = this.#ended.shift(); entry !== undefined; entry = this.#ended.shift()) this.#end(entry)
      this.#parts.settle()
      this.#bulk.start()
      if ((slices.isTrusted || singles.isNext || turn % recordsPerLook === 0) && breath.isSpent) {
        this.#isScheduled = true
        breath.await(this.#turn)
        break
      }
      if (slices.isNext) {
        if (!slices.run()) break
      } else if (singles.isNext) {
        if (!singles.run()) break
      } else {
        const entry = this.#entrance.next(this.#running)
        if (entry === undefined) break
        this.#start(entry)
      }
      if (this.#isClosed) return
    }
    this.#report()
  }

  #report(): void {
    const { hooks } = this.#setup
    if (this.hasDone) hooks.done()
    if (this.#entrance.admits === 'all') hooks.hungry()
    else if (!this.#isScheduled && this.#running === 0 && !this.#bulk.isUnderWay && this.#isAtRest()) this.#drained?.()
  }

  /** Whether nothing will start by itself: what failed does not count, nor what it holds back. */
  #isAtRest(): boolean {
    if (this.#parts.retries.first !== undefined) return true
    return this.#entrance.admits === 'offered' ? this.isIdle : true
  }

  #start(entry: Entry): void {
    if (entry.stage === 0 && this.#parts.returns !== undefined && !this.#outcomes.begins(entry)) return
    this.#began(entry)
    const source = entry.stage === 0 ? beginAttempt(entry, entry.gather ?? this.#parts.gather()) : passedOn(entry)
    const stage = this.#setup.plan.stages[entry.stage] as Stage
    if (source === undefined || runStage(entry, stage, source, this.#endedLater)) this.#end(entry)
  }

  #began(entry: Entry): void {
    entry.state = 'running'
    entry.startedAtMs = this.#setup.breath.nowMs
    this.#running += 1
  }

  readonly #endedLater = (entry: Entry): void => {
    if (this.#isClosed) return
    this.#ended.push(entry)
    this.#wake()
  }

  #end(entry: Entry): void {
    this.#running -= 1
    this.#outcomes.ended(entry)
  }

  #endBulk(entries: readonly Entry[]): void {
    if (this.#isClosed) return
    for (const entry of entries) this.#outcomes.endedInBulk(entry)
    this.#wake()
  }
}

/** How often the clock is looked at. */
const recordsPerLook = 4
