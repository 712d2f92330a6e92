import type { GroupEvent } from '../contracts/engine.ts'
import type { EngineFailure } from '../contracts/failure.ts'
import type { CommitLoop } from './commit-loop.ts'
import type { FetchLoop } from './fetch-loop.ts'
import { LiveTask } from './live-task.ts'
import type { RunSetup } from './run-setup.ts'
import { runnerOf, type SharedByTasks } from './runner-of-task.ts'
import { Sluices } from './sluices.ts'
import { startTask } from './task-start.ts'

export interface RosterSetup {
  readonly run: RunSetup
  /** Those that it keeps, by number. */
  readonly tasks: Map<number, LiveTask>
  readonly shared: SharedByTasks
  readonly fetches: FetchLoop
  readonly commits: CommitLoop
  /** Looks whether the run's topics have grown. */
  readonly look: () => Promise<void>
  /** There is another task, or one less. */
  readonly changed: () => void
  /** The run cannot go on. */
  readonly failed: (error: unknown) => void
}

/** The tasks that an instance has: they come and go with what its group says. */
export class TaskRoster {
  readonly #o: RosterSetup
  #members = 0
  #isAssigned = false
  /** Since it had a task. */
  #isIdleTold = false

  constructor(setup: RosterSetup) {
    this.#o = setup
  }

  /** Whether the group has said which tasks it has. */
  get isAssigned(): boolean {
    return this.#isAssigned
  }

  on(event: GroupEvent): void {
    if (event._tag === 'assigned') return this.#assigned(tasksOf(event), event.members)
    const tasks = tasksOf(event).flatMap((task) => this.#o.tasks.get(task) ?? [])
    if (event._tag === 'lost') {
      for (const task of tasks) this.#lost(task, event.failure)
      return
    }
    this.#leave(tasks, this.#o.run.settings.rebalanceTimeoutMs / 2).then(event.release, this.#o.failed)
  }

  /** Lets all tasks finish and commit, and gives them up. */
  leaveAll(): Promise<void> {
    return this.#leave([...this.#o.tasks.values()])
  }

  /** Gives all tasks up as they are; resolves once they are gone. */
  async close(reason: string): Promise<void> {
    const tasks = [...this.#o.tasks.values()]
    for (const task of tasks) task.close(reason)
    this.#o.tasks.clear()
    await Promise.all(tasks.map(({ gone }) => gone))
  }

  /** Drops what `task` has done and not committed: it begins again where it has committed. */
  again(task: LiveTask): void {
    const isStaying = task.state === 'running' && this.#o.tasks.get(task.task) === task
    task.close('it begins again')
    if (isStaying) this.#begin(task.task)
  }

  #assigned(numbers: readonly number[], members: number): void {
    const { tasks, changed } = this.#o
    this.#members = members
    this.#isAssigned = true
    for (const number of numbers) if (!tasks.has(number)) this.#begin(number)
    if (tasks.size > 0) this.#isIdleTold = false
    else if (!this.#isIdleTold) this.#tellIdle()
    changed()
  }

  #begin(number: number): void {
    const { run, tasks, failed } = this.#o
    const task = new LiveTask(number, run.plan)
    tasks.set(number, task)
    this.#start(task).catch((error: unknown) => {
      if (task.isOurs) failed(error)
    })
  }

  #tellIdle(): void {
    const { plan, topics, notices } = this.#o.run
    // otherwise one is on its way: whoever has it gives it up first
    if (this.#members <= topics.tasks) return
    this.#isIdleTold = true
    const message =
      `pipeline '${plan.name}' has ${topics.tasks} tasks and ${this.#members} instances, and none is left for this one: ` +
      'it waits to take over. More partitions make more tasks'
    notices.next({ _tag: 'no-task', message, members: this.#members })
  }

  #lost(task: LiveTask, failure: EngineFailure): void {
    const { plan, notices } = this.#o.run
    const message = `pipeline '${plan.name}' has lost task ${task.task} (${failure.message}): what was under way is done by whoever has it now`
    task.close('its task was lost')
    this.#o.tasks.delete(task.task)
    notices.next({ _tag: 'task-lost', message, task: task.task })
  }

  async #start(task: LiveTask): Promise<void> {
    const { run, shared, fetches, look, changed } = this.#o
    // a task more than there were: better refused for that than for a store that has no partition for it
    if (task.task >= run.topics.tasks) await look()
    if (task.state !== 'starting') return
    await startTask(run, task)
    if (task.state !== 'starting') return
    task.runner = runnerOf(run, task, shared)
    if (run.plan.tiers.length > 0) {
      const { engine, calls, clock, barrier } = run
      const { fetchBytesMax } = run.settings
      const hungry = (): void => fetches.kick(task)
      task.sluices = new Sluices({ engine, calls, clock, barrier, fetchBytesMax, task, hungry, broken: shared.broken })
    }
    task.state = 'running'
    fetches.kick(task)
    changed()
  }

  /** Lets `tasks` finish and commit, and gives them up; what has not finished within `withinMs` is done again. */
  async #leave(tasks: readonly LiveTask[], withinMs?: number): Promise<void> {
    await Promise.all(tasks.map((task) => this.#drain(task, withinMs)))
    if (tasks.length > 0) await this.#o.commits.flush()
    for (const task of tasks) {
      task.close('its task went elsewhere')
      if (this.#o.tasks.get(task.task) === task) this.#o.tasks.delete(task.task)
    }
    // whoever has them next may be in this directory
    await Promise.all(tasks.map(({ gone }) => gone))
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
      if (withinMs !== undefined) cancel = this.#o.run.clock.after(withinMs, resolve, true)
    })
    await Promise.race([task.drained, tooLate])
    cancel()
    task.runner?.abandon('its task went elsewhere')
  }

  async #finish(task: LiveTask): Promise<void> {
    await this.#o.fetches.leave(task)
    await task.runner?.drain(this.#o.run.settings.guarantee === 'at-most-once' ? 'offered' : 'entered')
  }
}

/** Partition i of every topic is task i. */
const tasksOf = ({ partitions }: GroupEvent): readonly number[] => [
  ...new Set(partitions.map(({ partition }) => partition)),
]
