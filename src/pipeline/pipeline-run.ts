import { exhaustMap, filter, map, merge, type Observable, of, ReplaySubject, Subject, takeUntil } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import type { Engine, GroupEvent, Membership } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
import type { LateEmission } from './attempt-errors.ts'
import { Breath } from './breath.ts'
import { CatchUp } from './catch-up.ts'
import { CommitLoop } from './commit-loop.ts'
import type { Committer } from './committer.ts'
import type { Counters, RunMetrics } from './counters.ts'
import type { EngineCalls } from './engine-calls.ts'
import { FetchLoop } from './fetch-loop.ts'
import { Judge } from './judge.ts'
import { LiveTask } from './live-task.ts'
import type { Notice } from './notice.ts'
import { choosing } from './on-error.ts'
import type { RunSettings } from './options.ts'
import type { Plan } from './plan.ts'
import { type Progress, ProgressMeter } from './progress.ts'
import { Rate } from './rate.ts'
import { lookAgain, type RunTopics } from './run-topics.ts'
import { TaskRunner } from './task-runner.ts'
import { startTask } from './task-start.ts'

export interface RunSetup {
  readonly engine: Engine
  readonly plan: Plan
  readonly settings: RunSettings
  readonly topics: RunTopics
  readonly membership: Membership
  readonly committer: Committer
  readonly calls: EngineCalls
  readonly counters: Counters
  readonly notices: ReplaySubject<Notice>
  readonly clock: Clock
  readonly random: Random
  /** Lets go of what was taken for the run. */
  readonly release: () => void
}

/** How often times are checked, topics are looked at and progress is told. */
const tickMs = 500
/** How long `stop` waits for what is under way, where nothing is said. */
const stopTimeoutMs = 30_000

/** One running instance: which tasks it has, and what they share. */
export class PipelineRun {
  readonly done: Promise<void>
  readonly errors$: Observable<Notice>
  readonly progress$: Observable<Progress>
  readonly metrics$: Observable<RunMetrics>
  readonly #o: RunSetup
  readonly #tasks = new Map<number, LiveTask>()
  readonly #breath: Breath
  readonly #rate: Rate | undefined
  readonly #fetches: FetchLoop
  readonly #commits: CommitLoop
  readonly #meter: ProgressMeter
  readonly #catchUp: CatchUp
  readonly #pulse = new Subject<void>()
  readonly #ended = new Subject<void>()
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #members = 0
  #isAssigned = false
  #stopping: Promise<void> | undefined
  #isOver = false
  #ending: Promise<void> | undefined
  #cancelTick: () => void = () => undefined

  constructor(setup: RunSetup) {
    this.#o = setup
    const { engine, clock, counters, calls, committer, settings, notices } = setup
    const tasks = (): Iterable<LiveTask> => this.#tasks.values()
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#breath = new Breath(clock)
    this.#rate = settings.rate === undefined ? undefined : new Rate(settings.rate, clock)
    this.#fetches = new FetchLoop({ engine, calls, committer, counters, tasks, fetchBytesMax: settings.fetchBytesMax })
    this.#commits = new CommitLoop({ committer, counters, tasks, committed: this.#committed, failed: this.fail })
    this.#meter = new ProgressMeter({ engine, clock, counters, tasks })
    this.#catchUp = new CatchUp({ engine, plan: setup.plan, calls, tasks: this.#tasks })
    this.errors$ = notices.asObservable()
    const pulses = merge(of(undefined), this.#pulse).pipe(takeUntil(this.#ended))
    this.metrics$ = pulses.pipe(map(() => ({ ...counters, haltedTasks: this.#fetches.haltedTasks })))
    this.progress$ = pulses.pipe(
      exhaustMap(() => this.#measure()),
      filter((progress) => progress !== undefined),
    )
  }

  start(): void {
    this.#o.membership.events.subscribe({
      next: (event) => this.#onEvent(event),
      error: (failure: EngineFailure) => this.fail(new MillraceError(failure)),
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

  /** It cannot go on. */
  readonly fail = (error: unknown): void => {
    void this.#end('the run failed', () => {
      this.#reject(error)
      this.#catchUp.end(error)
    })
  }

  /** See `Running`. */
  readonly caughtUp = (): Promise<void> => this.#catchUp.wait()

  /** Looks whether its topics have grown; resolves once it goes by that. State that does not go with it ends the run. */
  readonly look = async (): Promise<void> => {
    if (this.#isOver) return
    await lookAgain(this.#o.engine, this.#o.plan, this.#o.topics).catch(this.fail)
  }

  readonly late = (error: LateEmission): void => {
    const count = ++this.#o.counters.lateEmissions
    this.#o.notices.next({ _tag: 'late-emission', message: error.message, recordId: error.recordId, count })
  }

  async #stop(timeoutMs: number): Promise<void> {
    if (this.#isOver) return
    const { clock, calls } = this.#o
    let ring: () => void = () => undefined
    const tooLate = new Promise<void>((resolve) => {
      ring = resolve
    })
    const cancel = clock.after(timeoutMs, ring, true)
    await Promise.race([this.#leaveAll([...this.#tasks.values()]), tooLate])
    cancel()
    this.#commits.stop()
    calls.end()
    await this.#end('the run was stopped', () => {
      this.#resolve()
      this.#catchUp.end(stopped(this.#o.plan.name))
    })
  }

  /** Ends it, and then tells of it by `settle`: whatever ends it first does. */
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
    for (const task of this.#tasks.values()) task.close(reason)
    this.#tasks.clear()
    await committer.close()
    await membership.leave()()
    release()
    this.#ended.next()
    notices.complete()
  }

  #onEvent(event: GroupEvent): void {
    if (this.#isOver) return
    if (event._tag === 'assigned') return this.#assigned(tasksOf(event), event.members)
    const tasks = tasksOf(event).flatMap((task) => this.#tasks.get(task) ?? [])
    if (event._tag === 'lost') {
      for (const task of tasks) this.#lost(task, event.failure)
      return
    }
    this.#leaveAll(tasks, this.#o.settings.rebalanceTimeoutMs / 2).then(event.release, this.fail)
  }

  #assigned(numbers: readonly number[], members: number): void {
    this.#members = members
    this.#isAssigned = true
    for (const number of numbers) {
      if (this.#tasks.has(number)) continue
      const task = new LiveTask(number, this.#o.plan)
      this.#tasks.set(number, task)
      this.#start(task).catch((error: unknown) => {
        if (task.isOurs) this.fail(error)
      })
    }
    if (this.#tasks.size === 0) this.#tellIdle()
    this.#pulse.next()
  }

  #tellIdle(): void {
    const { plan, topics, notices } = this.#o
    // otherwise one is on its way: whoever has it gives it up first
    if (this.#members <= topics.tasks) return
    const message =
      `pipeline '${plan.name}' has ${topics.tasks} tasks and ${this.#members} instances, and none is left for this one: ` +
      'it waits to take over. More partitions make more tasks'
    notices.next({ _tag: 'no-task', message, members: this.#members })
  }

  #lost(task: LiveTask, failure: EngineFailure): void {
    const { plan, notices } = this.#o
    const message = `pipeline '${plan.name}' has lost task ${task.task} (${failure.message}): what was under way is done by whoever has it now`
    task.close('its task was lost')
    this.#tasks.delete(task.task)
    notices.next({ _tag: 'task-lost', message, task: task.task })
  }

  async #start(task: LiveTask): Promise<void> {
    // a task more than there were: better refused for that than for a store that has no partition for it
    if (task.task >= this.#o.topics.tasks) await this.look()
    if (task.state !== 'starting') return
    await startTask(this.#o, task)
    if (task.state !== 'starting') return
    task.runner = this.#runner(task)
    task.state = 'running'
    this.#fetches.kick(task)
    this.#pulse.next()
  }

  #runner(task: LiveTask): TaskRunner {
    const { plan, settings, topics, clock, random, counters, notices } = this.#o
    const notice = (one: Notice): void => notices.next(one)
    const { succeeded, judge } = new Judge({
      pipeline: plan.name,
      task: task.task,
      choose: choosing(settings.onError),
      outageAfter: settings.outageAfter,
      outputBytesMax: settings.outputBytesMax,
      sinks: topics.outputs,
      counters,
      clock,
      random,
      notice,
    })
    return new TaskRunner({
      task: task.task,
      plan,
      clock,
      breath: this.#breath,
      ...(this.#rate === undefined ? {} : { rate: this.#rate }),
      sinks: topics.outputs,
      stores: task.stores,
      limits: settings,
      hooks: {
        judge,
        succeeded,
        notice,
        late: this.late,
        done: () => this.#commits.wake(),
        hungry: () => {
          this.#fetches.kick(task)
          this.#catchUp.look()
        },
        broken: this.fail,
      },
    })
  }

  /** Lets `tasks` finish and commit, and gives them up; what has not finished within `withinMs` is done again. */
  async #leaveAll(tasks: readonly LiveTask[], withinMs?: number): Promise<void> {
    await Promise.all(tasks.map((task) => this.#drain(task, withinMs)))
    if (tasks.length > 0) await this.#commits.flush()
    for (const task of tasks) {
      task.close('its task went elsewhere')
      if (this.#tasks.get(task.task) === task) this.#tasks.delete(task.task)
    }
  }

  /** A stop and a revocation may drain one task at once: it is given up when the first of them has no more time. */
  async #drain(task: LiveTask, withinMs?: number): Promise<void> {
    if (task.state === 'starting') task.close('its task went elsewhere')
    if (task.state === 'running') {
      task.state = 'draining'
      task.drained = this.#finish(task)
    }
    if (task.state !== 'draining') return
    let cancel: () => void = () => undefined
    const tooLate = new Promise<void>((resolve) => {
      if (withinMs !== undefined) cancel = this.#o.clock.after(withinMs, resolve, true)
    })
    await Promise.race([task.drained, tooLate])
    cancel()
    task.runner?.abandon('its task went elsewhere')
  }

  async #finish(task: LiveTask): Promise<void> {
    await this.#fetches.leave(task)
    await task.runner?.drain(this.#o.settings.guarantee === 'at-most-once' ? 'offered' : 'entered')
  }

  readonly #committed = (): void => {
    this.#catchUp.look()
    for (const task of this.#tasks.values()) if (!task.isIdle) return
    this.#pulse.next()
  }

  async #measure(): Promise<Progress | undefined> {
    return this.#isAssigned && !this.#isOver ? this.#meter.measure() : undefined
  }

  readonly #tick = (): void => {
    if (this.#isOver) return
    for (const { runner } of this.#tasks.values()) runner?.checkTimes()
    this.#meter.sample()
    void this.look()
    void this.#catchUp.ask()
    this.#pulse.next()
    this.#cancelTick = this.#o.clock.after(tickMs, this.#tick, true)
  }
}

/** Partition i of every topic is task i. */
const tasksOf = ({ partitions }: GroupEvent): readonly number[] => [
  ...new Set(partitions.map(({ partition }) => partition)),
]

const stopped = (pipeline: string): MillraceError =>
  new MillraceError(
    engineFailure(
      'closed',
      `pipeline '${pipeline}' was stopped before it had caught up: run it again, and wait before you stop it`,
    ),
  )
