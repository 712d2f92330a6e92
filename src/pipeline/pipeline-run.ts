import { exhaustMap, filter, map, merge, type Observable, of, Subject, takeUntil } from 'rxjs'
import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import type { StoreDeclaration } from '../contracts/store.ts'
import type { LateEmission } from './attempt-errors.ts'
import { Breath } from './breath.ts'
import { CatchUp } from './catch-up.ts'
import { CommitLoop } from './commit-loop.ts'
import type { RunMetrics } from './counters.ts'
import { Expiry } from './expiry.ts'
import { FetchLoop } from './fetch-loop.ts'
import type { LiveTask, TakenPrefix } from './live-task.ts'
import type { Notice } from './notice.ts'
import { outOfGroup } from './out-of-group.ts'
import { outgrown } from './outgrown.ts'
import { type Progress, ProgressMeter } from './progress.ts'
import { Rate } from './rate.ts'
import type { RunSetup } from './run-setup.ts'
import { lookAgain } from './run-topics.ts'
import { type StoreQuery, storeQuery } from './store-query.ts'
import { TaskRoster } from './task-roster.ts'
import { TierGauge } from './tier-gauge.ts'
import { TierTrim } from './tier-trim.ts'

/** How often times are checked, topics are looked at and progress is told. */
const tickMs = 500
/** How long `stop` waits for what is under way, where nothing is said. */
const stopTimeoutMs = 30_000

/** One running instance, from its start to its end. */
export class PipelineRun {
  readonly done: Promise<void>
  readonly errors$: Observable<Notice>
  readonly progress$: Observable<Progress>
  readonly metrics$: Observable<RunMetrics>
  readonly #o: RunSetup
  readonly #tasks: ReadonlyMap<number, LiveTask>
  readonly #roster: TaskRoster
  readonly #fetches: FetchLoop
  readonly #commits: CommitLoop
  readonly #expiry: Expiry
  readonly #gauge: TierGauge
  readonly #meter: ProgressMeter
  readonly #trim: TierTrim
  readonly #catchUp: CatchUp
  readonly #pulse = new Subject<void>()
  readonly #ended = new Subject<void>()
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #stopping: Promise<void> | undefined
  #isOver = false
  #ending: Promise<void> | undefined
  #cancelTick: () => void = () => undefined

  constructor(setup: RunSetup) {
    this.#o = setup
    const { engine, plan, clock, counters, calls, committer, settings, notices } = setup
    const byNumber = new Map<number, LiveTask>()
    const tasks = (): Iterable<LiveTask> => byNumber.values()
    this.#tasks = byNumber
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const fetches = new FetchLoop({ engine, calls, committer, counters, tasks, fetchBytesMax: settings.fetchBytesMax })
    const commits = new CommitLoop({
      committer,
      counters,
      tasks,
      committed: this.#committed,
      refit: this.#refit,
      failed: this.fail,
    })
    this.#fetches = fetches
    this.#commits = commits
    this.#expiry = new Expiry({ clock, tasks, failed: this.fail })
    this.#gauge = new TierGauge({ engine, clock, tasks })
    this.#meter = new ProgressMeter({ engine, clock, counters, tasks })
    this.#trim = new TierTrim({ engine, clock, calls, ownsTopics: setup.ownsTopics })
    this.#catchUp = new CatchUp({ engine, plan, calls, tasks: byNumber })
    this.#roster = new TaskRoster({
      run: setup,
      tasks: byNumber,
      fetches,
      commits,
      shared: {
        breath: new Breath(clock),
        rate: settings.rate === undefined ? undefined : new Rate(settings.rate, clock),
        late: this.#late,
        done: () => commits.wake(),
        hungry: this.#hungry,
        broken: this.fail,
      },
      look: this.look,
      changed: () => this.#pulse.next(),
      failed: this.fail,
    })
    this.errors$ = notices.asObservable()
    const pulses = merge(of(undefined), this.#pulse).pipe(takeUntil(this.#ended))
    this.metrics$ = pulses.pipe(map(() => this.#metricsNow()))
    this.progress$ = pulses.pipe(
      exhaustMap(() => this.#measure()),
      filter((progress) => progress !== undefined),
    )
  }

  start(): void {
    this.#o.membership.events.subscribe({
      next: (event) => {
        if (!this.#isOver) this.#roster.on(event)
      },
      error: (failure: EngineFailure) => this.fail(new MillraceError(outOfGroup(this.#o.plan, failure))),
    })
    this.#fetches.run().catch(this.fail)
    this.#meter.sample()
    this.#tick()
  }

  /** Finishes and commits what is under way, and leaves; past the time it is given up, to be done again. */
  readonly stop = (timeoutMs: number = stopTimeoutMs): Promise<void> => {
    this.#stopping ??= this.#stop(timeoutMs)
    return this.#stopping
  }

  /** See `Running`. */
  readonly caughtUp = (): Promise<void> => this.#catchUp.wait()

  /** See `Running`. */
  readonly store = <K, V>(declaration: StoreDeclaration<K, V>): StoreQuery<K, V> => {
    const { plan, clock, topics } = this.#o
    const tasks = (): Iterable<LiveTask> => this.#tasks.values()
    return storeQuery({ plan, clock, taskCount: () => topics.tasks, tasks }, declaration)
  }

  /** Looks whether its topics have changed; resolves once it goes by that. State that does not go with it ends the run. */
  readonly look = async (): Promise<void> => {
    if (this.#isOver) return
    await lookAgain(this.#o.engine, this.#o.plan, this.#o.topics).catch(this.fail)
  }

  /** It cannot go on. */
  readonly fail = (error: unknown): void => {
    void this.#end('the run failed', () => {
      this.#reject(error)
      this.#catchUp.end(error)
    })
  }

  async #stop(timeoutMs: number): Promise<void> {
    if (this.#isOver) return this.#ending
    const { clock, calls, plan } = this.#o
    let ring: () => void = () => undefined
    const tooLate = new Promise<void>((resolve) => {
      ring = resolve
    })
    const cancel = clock.after(timeoutMs, ring, true)
    await Promise.race([this.#roster.leaveAll(), tooLate])
    cancel()
    this.#commits.stop()
    calls.end()
    await this.#end('the run was stopped', () => {
      this.#resolve()
      this.#catchUp.end(stopped(plan.name))
    })
  }

  /** Ends it, and then tells of it by `settle`, unless something else has ended it. */
  #end(reason: string, settle: () => void): Promise<void> {
    this.#ending ??= this.#letGo(reason).then(settle)
    return this.#ending
  }

  async #letGo(reason: string): Promise<void> {
    this.#isOver = true
    const { calls, membership, committer, release, notices } = this.#o
    this.#cancelTick()
    this.#fetches.stop()
    this.#commits.stop()
    calls.end()
    await this.#roster.close(reason)
    await committer.close()
    await membership.leave()()
    release()
    this.#ended.next()
    notices.complete()
  }

  readonly #late = (error: LateEmission): void => {
    const count = ++this.#o.counters.lateEmissions
    this.#o.notices.next({ _tag: 'late-emission', message: error.message, recordId: error.recordId, count })
  }

  readonly #hungry = (task: LiveTask): void => {
    this.#fetches.kick(task)
    task.sluices?.wake()
    this.#catchUp.look()
  }

  readonly #committed = (): void => {
    this.#expiry.goOn()
    this.#catchUp.look()
    for (const { sluices } of this.#tasks.values()) sluices?.wake()
    for (const task of this.#tasks.values()) if (!task.isIdle) return
    this.#pulse.next()
  }

  readonly #refit = async (taken: readonly TakenPrefix[], failure: EngineFailure): Promise<void> => {
    await this.look()
    for (const task of outgrown(taken)) {
      this.#o.calls.tell(`what task ${task.task} has done since its last commit is dropped, and done again`, failure)
      this.#roster.again(task)
    }
  }

  #metricsNow(): RunMetrics {
    const { counters, local } = this.#o
    const copies = { attempts: [...counters.attempts], latenessMs: [...counters.latenessMs] }
    const { haltedTasks } = this.#fetches
    return { ...counters, ...copies, ...local.metrics, ...this.#gauge.now, haltedTasks }
  }

  async #measure(): Promise<Progress | undefined> {
    return this.#roster.isAssigned && !this.#isOver ? this.#meter.measure() : undefined
  }

  readonly #tick = (): void => {
    if (this.#isOver) return
    for (const { runner, sluices } of this.#tasks.values()) {
      runner?.checkTimes()
      // the wall clock may have been set
      sluices?.wake()
    }
    void this.#trim.look(this.#tasks.values())
    this.#expiry.look()
    this.#meter.sample()
    void this.#gauge.look()
    void this.look()
    this.#catchUp.ask().catch(this.fail)
    this.#pulse.next()
    this.#cancelTick = this.#o.clock.after(tickMs, this.#tick, true)
  }
}

const stopped = (pipeline: string): MillraceError =>
  new MillraceError(
    engineFailure(
      'closed',
      `pipeline '${pipeline}' was stopped before it had caught up: run it again, and wait before you stop it`,
    ),
  )
