import type { Observable } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import { AttemptGivenUp, type LateEmission, RecordTimedOut } from './attempt-errors.ts'
import { Breath } from './breath.ts'
import { bulkOf, runBulk } from './bulk.ts'
import { type DonePrefix, DoneSoFar } from './done-prefix.ts'
import type { Sink } from './encoded-output.ts'
import type { Entry } from './entry.ts'
import { runSlice } from './fast-path.ts'
import { type Chunk, Feed } from './feed.ts'
import { Gather, type GatherSetup, type TaskStore } from './gather.ts'
import { Lanes } from './lanes.ts'
import type { Notice } from './notice.ts'
import type { Plan, Stage } from './plan.ts'
import type { Rate } from './rate.ts'
import { beginAttempt, passedOn, runStage } from './run-stage.ts'
import type { FailedAttempt, Verdict } from './verdict.ts'
import { Window } from './window.ts'

export interface TaskSetup {
  readonly task: number
  readonly plan: Plan
  readonly clock: Clock
  /** Shared by the tasks of a run. */
  readonly breath: Breath
  /** Shared by the tasks of a run. */
  readonly rate?: Rate
  readonly sinks: ReadonlyMap<string, Sink>
  readonly stores: ReadonlyMap<string, TaskStore>
  readonly limits: TaskLimits
  readonly hooks: TaskHooks
}

export interface TaskLimits {
  /** How many keys at once. */
  readonly concurrency: number
  /** What all records together may gather before only the first of them goes on, and what one alone may. */
  readonly outputBytesMax: number
  /** After how long a record that has not completed is named. */
  readonly slowAfterMs: number
  /** After how long it has failed. */
  readonly timeLimitMs: number
}

/** What a task tells, and asks, whoever runs it. Called between records, never from within a user's operator. */
export interface TaskHooks {
  readonly judge: (failed: FailedAttempt) => Verdict
  /** A record has completed. */
  readonly succeeded: () => void
  /** There is something to {@link TaskRunner.take}. */
  readonly done: () => void
  /** There is less to read than before. */
  readonly hungry: () => void
  readonly notice: (notice: Notice) => void
  readonly late: (error: LateEmission) => void
  /** The task cannot go on: what it reads is damaged, or a hook threw. */
  readonly broken: (error: unknown) => void
}

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
  readonly #o: TaskSetup
  readonly #gathering: GatherSetup
  readonly #meter = { bytes: 0 }
  readonly #feed = new Feed()
  readonly #window = new Window()
  readonly #done = new DoneSoFar()
  readonly #sliced: Gather
  /** Empty, to be used again: most records need one only for a moment. */
  readonly #spare: Gather[] = []
  /** One a stage; none where records run one by one. */
  readonly #lanes: readonly Lanes[]
  /** Hold their lanes and wait for a turn, by sequence. */
  readonly #ready: Entry[] = []
  /** By sequence. While there are any, or one of them runs, nothing enters. */
  readonly #failed: Entry[] = []
  #retried: Entry | undefined
  /** Ended outside of the loop. */
  readonly #ended: Entry[] = []
  #running = 0
  #bulk: AbortController | undefined
  #uncommittedBytes = 0
  #uncommitted = 0
  #isFast: boolean
  #isScheduled = false
  #isClosed = false
  #admits: 'all' | 'offered' | 'none' = 'all'
  #drained: (() => void) | undefined
  #timer: { readonly dueAtMs: number; readonly cancel: () => void } | undefined

  constructor(setup: TaskSetup) {
    this.#o = setup
    this.task = setup.task
    this.#gathering = {
      pipeline: setup.plan.name,
      sinks: setup.sinks,
      stores: setup.stores,
      meter: this.#meter,
      outputBytesMax: setup.limits.outputBytesMax,
      now: setup.clock.now,
      late: setup.hooks.late,
    }
    this.#sliced = new Gather(this.#gathering)
    this.#lanes = setup.limits.concurrency === 1 ? [] : setup.plan.stages.map(() => new Lanes())
    this.#isFast = setup.plan.recordwise
  }

  /** Bytes offered and not read yet. */
  get heldBytes(): number {
    return this.#feed.heldBytes
  }

  /** Whether all that was offered is done. */
  get isIdle(): boolean {
    return this.#feed.isEmpty && this.#window.isEmpty
  }

  /** Whether {@link take} would answer records. */
  get hasDone(): boolean {
    return this.#done.records > 0
  }

  /** How many prefixes are taken and not {@link committed}. */
  get uncommitted(): number {
    return this.#uncommitted
  }

  offer(chunk: Chunk): void {
    if (this.#isClosed) return
    this.#feed.offer(chunk)
    this.#wake()
  }

  /** What is done and not taken; `undefined` where nothing has moved. Goes on counting it until {@link committed}. */
  take(): DonePrefix | undefined {
    if (this.#done.isEmpty) return undefined
    const prefix = this.#done.take()
    this.#uncommittedBytes += prefix.bytes
    this.#uncommitted += 1
    return prefix
  }

  /** What was taken is committed, or has gone: its bytes are free. */
  committed(prefix: DonePrefix): void {
    this.#uncommittedBytes -= prefix.bytes
    this.#uncommitted -= 1
    this.#meter.bytes -= prefix.bytes
    this.#wake()
  }

  /**
   * Lets what has entered finish and lets nothing else enter; with `offered`, all that was offered still does.
   * Resolves when nothing is under way: what failed and waits to run again does not count.
   */
  drain(what: 'entered' | 'offered'): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#admits = what === 'offered' ? 'offered' : 'none'
    return new Promise((resolve) => {
      this.#drained = resolve
      this.#wake()
    })
  }

  /** Gives up all that is under way and takes in no more; what is done may still be taken. */
  abandon(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#timer?.cancel()
    const error = new AttemptGivenUp(reason)
    this.#bulk?.abort(error)
    for (const entry of this.#window) this.#giveUp(entry, error)
    this.#feed.clear()
    this.#drained?.()
  }

  /** Gives up everything. */
  close(reason: string): void {
    this.abandon(reason)
    this.#done.take()
  }

  /** Names the records that have not completed for long, and fails those past their time limit. */
  checkTimes(): void {
    const { limits, clock } = this.#o
    const now = clock.elapsed()
    for (const entry of this.#window) {
      if (entry.state !== 'running' && entry.state !== 'in-bulk') continue
      const runningMs = now - entry.startedAtMs
      if (runningMs >= limits.timeLimitMs) this.#timeOut(entry)
      else if (runningMs >= limits.slowAfterMs && !entry.isNamedSlow) this.#nameSlow(entry, runningMs)
    }
  }

  #timeOut(entry: Entry): void {
    const error = new RecordTimedOut(this.#o.plan.name, entry.id, this.#o.limits.timeLimitMs)
    if (entry.state === 'in-bulk') {
      this.#bulk?.abort(error)
      return
    }
    entry.fail(error)
    this.#giveUp(entry, error)
  }

  #nameSlow(entry: Entry, runningMs: number): void {
    entry.isNamedSlow = true
    const message =
      `pipeline '${this.#o.plan.name}': record '${entry.id}' has not completed for ${Math.round(runningMs)} ms: ` +
      `its observable must complete; it fails after ${this.#o.limits.timeLimitMs} ms`
    this.#o.hooks.notice({ _tag: 'record-slow', message, recordId: entry.id, runningMs })
  }

  #giveUp(entry: Entry, reason: Error): void {
    if (entry.gather !== undefined && entry.state !== 'done') entry.gather.open = undefined
    entry.attempt?.giveUp(reason)
    try {
      entry.subscription?.unsubscribe()
    } catch (error) {
      this.#nameTornDown(entry, reason, error)
    }
  }

  /** It is given up all the same. */
  #nameTornDown(entry: Entry, reason: Error, error: unknown): void {
    const { id: recordId, failures } = entry
    const message = `pipeline '${this.#o.plan.name}': record '${recordId}' was given up (${reason.message}), and an operator of it threw as it was torn down: ${String(error)}`
    this.#o.hooks.notice({ _tag: 'record-failed', message, recordId, error, failures, policy: 'given up' })
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
      this.#loop()
    } catch (error) {
      this.#o.hooks.broken(error)
    }
  }

  #loop(): void {
    for (let turn = 0; ; turn++) {
      for (let entry = this.#ended.shift(); entry !== undefined; entry = this.#ended.shift()) this.#finish(entry)
      this.#window.settle(this.#done, this.#spare)
      this.#startBulk()
      if ((this.#isFast || turn % recordsPerLook === 0) && this.#o.breath.isSpent) {
        this.#isScheduled = true
        this.#o.breath.await(this.#turn)
        break
      }
      if (this.#isFast && this.#window.isEmpty && !this.#feed.isEmpty && this.#admits !== 'none') {
        if (!this.#slice()) break
      } else {
        const entry = this.#admit()
        if (entry === undefined) break
        this.#start(entry)
      }
      if (this.#isClosed) return
    }
    this.#report()
  }

  #report(): void {
    const { hooks } = this.#o
    if (this.#done.records > 0) hooks.done()
    if (this.#admits === 'all') hooks.hungry()
    else if (!this.#isScheduled && this.#running === 0 && this.#bulk === undefined && this.#isAtRest())
      this.#drained?.()
  }

  /** Whether nothing will start by itself: what failed does not count, nor what it holds back. */
  #isAtRest(): boolean {
    if (this.#failed.length > 0) return true
    return this.#admits === 'offered' ? this.isIdle : true
  }

  /** One subscription over what is at hand; false where nothing can enter now. */
  #slice(): boolean {
    const { breath, plan, hooks } = this.#o
    if (this.#isOverBound && this.#uncommittedBytes + this.#done.bytes > 0) return false
    const maxRecords = this.#allowance()
    if (maxRecords === 0) return false
    const stage = plan.stages[0] as Stage
    const slice = runSlice(stage.operators, this.#feed, this.#sliced, {
      maxRecords,
      isSpent: () => breath.isSpent,
      isFull: () => this.#isOverBound,
    })
    if (slice.untagged !== undefined) {
      this.#isFast = false
      hooks.notice({ _tag: 'untagged', message: untagged(plan.name, slice.untagged) })
      return true
    }
    this.#o.rate?.spend(slice.records)
    if (slice.records > 0) {
      this.#done.add(this.#sliced, slice.source, slice.nextOffset, slice.records)
      hooks.succeeded()
    }
    if (slice.failed !== undefined) {
      this.#o.rate?.spend(1)
      const entry = this.#window.enter(slice.source, slice.failed.raw)
      entry.fail(slice.failed.error)
      this.#judge(entry)
    } else if (this.#feed.isAtEnd) {
      this.#done.add(undefined, slice.source, this.#feed.chunk.nextOffset, 0)
      this.#feed.leave()
    }
    return true
  }

  get #isOverBound(): boolean {
    return this.#meter.bytes > this.#o.limits.outputBytesMax
  }

  /** How many records may enter now, as far as the rate goes. Comes back by itself where there are none. */
  #allowance(): number {
    const { rate } = this.#o
    if (rate === undefined) return Number.POSITIVE_INFINITY
    const allowed = rate.allowed()
    if (allowed < 1) this.#wakeIn(rate.waitMs())
    return allowed
  }

  /** The next record to run; `undefined` where there is none, or none may. */
  #admit(): Entry | undefined {
    if (this.#retried !== undefined) return this.#takeReady(this.#retried)
    if (this.#failed.length > 0) return this.#retry()
    if (this.#running >= this.#o.limits.concurrency) return undefined
    if (this.#isOverBound) {
      if (this.#uncommittedBytes + this.#done.bytes > 0) return undefined
      const { head } = this.#window
      if (head !== undefined) return this.#takeReady(head)
    }
    if (this.#admits === 'none') return this.#takeReady(this.#ready.find((entry) => entry.stage > 0))
    return this.#ready.shift() ?? this.#pull()
  }

  #takeReady(entry: Entry | undefined): Entry | undefined {
    const at = entry === undefined ? -1 : this.#ready.indexOf(entry)
    if (at < 0) return undefined
    this.#ready.splice(at, 1)
    return entry
  }

  /** The first that failed, once it is due: only it runs again. */
  #retry(): Entry | undefined {
    const entry = this.#failed[0] as Entry
    if (this.#admits === 'none') return undefined
    const now = this.#o.breath.nowMs
    if (now < entry.dueAtMs) {
      this.#wakeIn(entry.dueAtMs - now)
      return undefined
    }
    this.#failed.shift()
    this.#retried = entry
    entry.hasFailed = false
    entry.isNamedSlow = false
    entry.stage = 0
    entry.gather = undefined
    return entry
  }

  /** Reads on until there is a record whose key is free. */
  #pull(): Entry | undefined {
    while (!this.#window.isFull && !this.#feed.isEmpty) {
      if (this.#allowance() < 1) return undefined
      const { source, nextOffset } = this.#feed.chunk
      if (this.#feed.next() === 'record') {
        this.#o.rate?.spend(1)
        const entry = this.#window.enter(source, this.#feed.record)
        if (this.#takesLane(entry)) return entry
      } else {
        this.#window.pass(source, nextOffset)
        this.#feed.leave()
      }
    }
    this.#window.settle(this.#done, this.#spare)
    return undefined
  }

  #start(entry: Entry): void {
    entry.state = 'running'
    entry.startedAtMs = this.#o.breath.nowMs
    this.#running += 1
    const source: Observable<AnyRecord> | undefined =
      entry.stage === 0 ? beginAttempt(entry, this.#spare.pop() ?? new Gather(this.#gathering)) : passedOn(entry)
    const stage = this.#o.plan.stages[entry.stage] as Stage
    if (source === undefined || runStage(entry, stage, source, this.#endedLater)) this.#finish(entry)
  }

  readonly #endedLater = (entry: Entry): void => {
    if (this.#isClosed) return
    this.#ended.push(entry)
    this.#wake()
  }

  /** A stage of `entry` has ended, well or not. */
  #finish(entry: Entry): void {
    const { gather } = entry
    this.#running -= 1
    entry.subscription = undefined
    if (gather?.refused !== undefined) entry.fail(gather.refused)
    if (entry.hasFailed) return this.#judge(entry)
    if (this.#o.plan.stages[entry.stage]?.work !== undefined) {
      entry.state = 'gathered'
      this.#leaveLane(entry, entry.stage)
      return
    }
    gather?.keep()
    this.#settleEntry(entry)
    this.#o.hooks.succeeded()
  }

  #settleEntry(entry: Entry): void {
    entry.state = 'done'
    entry.attempt = undefined
    entry.passed = undefined
    if (this.#retried === entry) this.#retried = undefined
    if (entry.lane >= 0) this.#leaveLane(entry, entry.lane)
  }

  /** Drops what a failed attempt wrote, and does with its record what is decided. */
  #judge(entry: Entry): void {
    const reason = entry.reason
    entry.gather?.dropAll()
    entry.gather = undefined
    entry.attempt?.giveUp(reason)
    entry.failures += 1
    if (this.#retried === entry) this.#retried = undefined
    const { source, failures, id } = entry
    const verdict = this.#o.hooks.judge({ source, raw: entry, recordId: id, reason, failures })
    if (verdict._tag === 'again') {
      entry.state = 'failed'
      entry.dueAtMs = this.#o.clock.elapsed() + verdict.afterMs
      insert(this.#failed, entry)
      return
    }
    if (verdict.outputs.length > 0) {
      const gather = new Gather(this.#gathering)
      for (const output of verdict.outputs) gather.addInstead(output)
      entry.gather = gather
    }
    this.#settleEntry(entry)
  }

  /** Hands the bulk work what waits for it, one bulk at a time. */
  #startBulk(): void {
    const { stages } = this.#o.plan
    if (stages.length === 1 || this.#bulk !== undefined) return
    for (let stage = stages.length - 2; stage >= 0; stage--) {
      const { work } = stages[stage] as Stage
      const entries = work === undefined ? [] : bulkOf(this.#window, stage, work.maxRecords)
      if (work === undefined || entries.length === 0) continue
      for (const entry of entries) entry.state = 'in-bulk'
      void runBulk(entries, work, this.#bulkCall).then(() => this.#endBulk(entries))
      return
    }
  }

  /** The signal of one call of bulk work, whose time begins now. */
  readonly #bulkCall = (entries: readonly Entry[]): AbortSignal => {
    this.#bulk = new AbortController()
    const startedAtMs = this.#o.clock.elapsed()
    for (const entry of entries) entry.startedAtMs = startedAtMs
    return this.#bulk.signal
  }

  #endBulk(entries: readonly Entry[]): void {
    if (this.#isClosed) return
    this.#bulk = undefined
    for (const entry of entries) {
      if (entry.hasFailed) this.#judge(entry)
      else {
        entry.stage += 1
        entry.state = 'waiting'
        if (this.#takesLane(entry)) insert(this.#ready, entry)
      }
    }
    this.#wake()
  }

  /** Whether `entry` has its key's lane at its stage; a record that runs again keeps the one that it has. */
  #takesLane(entry: Entry): boolean {
    const lanes = this.#lanes[entry.stage]
    if (lanes === undefined || entry.lane >= 0) return true
    entry.lane = entry.stage
    return lanes.enter(entry)
  }

  #leaveLane(entry: Entry, stage: number): void {
    if (entry.lane !== stage) return
    entry.lane = -1
    const next = this.#lanes[stage]?.leave(entry)
    if (next !== undefined) insert(this.#ready, next)
  }

  #wakeIn(delayMs: number): void {
    const dueAtMs = this.#o.clock.elapsed() + delayMs
    if (this.#timer !== undefined && this.#timer.dueAtMs <= dueAtMs) return
    this.#timer?.cancel()
    const ring = (): void => {
      this.#timer = undefined
      this.#wake()
    }
    this.#timer = { dueAtMs, cancel: this.#o.clock.after(delayMs, ring, true) }
  }
}

/** How often the clock is looked at. */
const recordsPerLook = 4

/** Keeps `entries` in the order in which they entered. There are never many. */
const insert = (entries: Entry[], entry: Entry): void => {
  let at = entries.length
  while (at > 0 && (entries[at - 1] as Entry).sequence > entry.sequence) at--
  entries.splice(at, 0, entry)
}

const untagged = (pipeline: string, what: string): string =>
  `pipeline '${pipeline}': an operator is tagged as working record by record and ${what}: it is run with a chain a record ` +
  'from now on. Take recordwise(…) off it, or wrap the asynchronous part in an operator without the tag'
