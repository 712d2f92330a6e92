import { type EngineFailure, MillraceError } from '../contracts/failure.ts'
import type { Position } from '../contracts/position.ts'
import type { Committer } from './committer.ts'
import type { Counters } from './counters.ts'
import { keepState } from './keep-state.ts'
import type { LiveTask, TakenPrefix } from './live-task.ts'

export interface CommitSetup {
  readonly committer: Committer
  readonly counters: Counters
  readonly tasks: () => Iterable<LiveTask>
  readonly committed: () => void
  /**
   * A topic takes less than it did when `taken` was written: to be called before it is committed again. Tasks whose
   * records do not fit any more are to be closed, and begun anew.
   */
  readonly refit: (taken: readonly TakenPrefix[], failure: EngineFailure) => Promise<void>
  /** The run cannot go on. */
  readonly failed: (error: unknown) => void
}

/**
 * One commit at a time, of whatever is done in all tasks when it begins: under load the commits grow, and without it
 * none waits.
 */
export class CommitLoop {
  readonly #o: CommitSetup
  #underWay: Promise<void> | undefined
  #isStopped = false

  constructor(setup: CommitSetup) {
    this.#o = setup
  }

  /** There may be something to commit. */
  wake(): void {
    if (this.#underWay === undefined) void this.#begin(false)
  }

  /** Commits all there is, positions that only passed what is not for users among it. */
  async flush(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay
    await this.#begin(true)
  }

  stop(): void {
    this.#isStopped = true
  }

  #begin(everything: boolean): Promise<void> {
    const run = this.#run(everything).then(() => {
      this.#underWay = undefined
      // what was done since the last look had nobody to tell
      if (!this.#isStopped && [...this.#o.tasks()].some((task) => task.isOurs && task.runner?.hasDone)) this.wake()
    })
    this.#underWay = run
    return run
  }

  async #run(everything: boolean): Promise<void> {
    const { counters, tasks } = this.#o
    try {
      for (let taken = take(tasks(), everything); taken.length > 0 && !this.#isStopped; taken = take(tasks(), false)) {
        const written = await this.#commit(taken)
        for (const one of taken) if (one.prefix.writes.length > 0) await keepState(one, written)
        counters.commits += 1
        for (const one of taken) this.#count(one)
        this.#o.committed()
      }
    } catch (error) {
      this.#isStopped = true
      this.#o.failed(error)
    }
  }

  async #commit(taken: readonly TakenPrefix[]): Promise<readonly Position[]> {
    for (let refused = 1; ; refused++) {
      try {
        return await this.#o.committer.commit(taken)
      } catch (error) {
        if (!(error instanceof MillraceError) || error.code !== 'record-too-large' || refused > refitsMax) throw error
        await this.#o.refit(taken, error.failure)
      }
    }
  }

  #count({ task, prefix }: TakenPrefix): void {
    if (!task.isOurs) return
    const { counters } = this.#o
    counters.records += prefix.records
    counters.outputs += prefix.outputs.count
    counters.stateWrites += prefix.writes.length
    for (const [source, offset] of prefix.positions) {
      const place = task.place(source.topic)
      if (place !== undefined) place.committed = offset
    }
    task.runner?.committed(prefix)
  }
}

/** How often a commit is made again since a topic takes less: once for each time that its limit was lowered meanwhile. */
const refitsMax = 3

const take = (tasks: Iterable<LiveTask>, everything: boolean): readonly TakenPrefix[] => {
  const taken: TakenPrefix[] = []
  for (const task of tasks) {
    if (!task.isOurs || !(everything || task.runner?.hasDone === true)) continue
    const prefix = task.runner?.take()
    if (prefix !== undefined) taken.push({ task, prefix })
  }
  return taken
}
