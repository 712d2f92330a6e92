import type { Engine } from '../contracts/engine.ts'
import { type Position, partitionName } from '../contracts/position.ts'
import type { EngineCalls } from './engine-calls.ts'
import { committedUpTo, type Uncommitted } from './group-progress.ts'
import type { LiveTask } from './live-task.ts'
import type { Plan } from './plan.ts'

export interface CatchUpSetup {
  readonly engine: Engine
  readonly plan: Plan
  readonly calls: EngineCalls
  /** The tasks of this instance, by number. */
  readonly tasks: ReadonlyMap<number, LiveTask>
}

/** Somebody who waits. */
interface Waiter {
  /** The partitions that are not done yet, with the end that each had when it was asked. Unknown at first. */
  ends: readonly Position[] | undefined
  /** What others are known not to have committed yet. */
  readonly uncommitted: Uncommitted
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * Tells those who wait for it that a pipeline has done all that was in its topics when they asked: of its own tasks the
 * instance knows by itself, of the others' it asks for what the group has committed.
 */
export class CatchUp {
  readonly #o: CatchUpSetup
  readonly #waiting = new Set<Waiter>()
  #isAsking = false
  #ended: { readonly reason: unknown } | undefined

  constructor(setup: CatchUpSetup) {
    this.#o = setup
  }

  /** See `Running.caughtUp`. */
  wait(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended.reason)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { ends: undefined, uncommitted: new Map(), resolve, reject }
      this.#waiting.add(waiter)
      this.#begin(waiter).catch((error: unknown) => {
        // where the run has ended meanwhile, the reason for that is the one to tell, and still to come
        if (!this.#o.calls.signal.aborted && this.#waiting.delete(waiter)) reject(error)
      })
    })
  }

  /** Something was committed here, or passed over. */
  look(): void {
    for (const waiter of this.#waiting) {
      if (waiter.ends === undefined) continue
      const undone = waiter.ends.findIndex((end) => !this.#isDoneHere(end))
      if (undone > 0) waiter.ends = waiter.ends.slice(undone)
      if (undone >= 0) continue
      this.#waiting.delete(waiter)
      waiter.resolve()
    }
  }

  /** It is time to ask what others have committed. */
  async ask(): Promise<void> {
    this.look()
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      for (const waiter of this.#waiting) await this.#askFor(waiter)
    } finally {
      this.#isAsking = false
    }
    this.look()
  }

  /** Rejects all that wait, and will. */
  end(reason: unknown): void {
    this.#ended = { reason }
    for (const waiter of this.#waiting) waiter.reject(reason)
    this.#waiting.clear()
  }

  async #begin(waiter: Waiter): Promise<void> {
    const { engine, plan, calls } = this.#o
    const names = plan.topics.map(({ name }) => name)
    const topics = await calls.again('describing its topics', () => engine.topics.describe(names))
    const partitions = topics.flatMap(({ name: topic, partitions: count }) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition })),
    )
    waiter.ends = await calls.again('asking where its topics end', () =>
      engine.reader.settled(partitions, calls.signal),
    )
    await this.ask()
  }

  async #askFor(waiter: Waiter): Promise<void> {
    const { engine, plan, tasks } = this.#o
    await this.#leaveWhatIsGone(waiter)
    const elsewhere = waiter.ends?.filter(({ partition }) => !tasks.has(partition)) ?? []
    if (elsewhere.length === 0) return
    const done = await committedUpTo(engine, plan.name, elsewhere, waiter.uncommitted)
    waiter.ends = waiter.ends?.filter((end) => !done.has(end))
  }

  /** Records that a cluster has lost, as by an unclean election, never come: a log that ends before them is all there is. */
  async #leaveWhatIsGone(waiter: Waiter): Promise<void> {
    const { ends = [] } = waiter
    if (ends.length === 0) return
    const queries = ends.map(({ topic, partition }) => ({ topic, partition, at: 'latest' as const }))
    const there = await this.#o.engine.reader.offsets(queries, 'read_uncommitted')()
    // it is asked again the next time
    if (there._tag === 'Left') return
    const last = new Map(there.right.map((one) => [partitionName(one), one.offset]))
    waiter.ends = ends.map((end) => {
      const offset = last.get(partitionName(end)) ?? end.offset
      return offset < end.offset ? { ...end, offset } : end
    })
  }

  #isDoneHere({ topic, partition, offset }: Position): boolean {
    const task = this.#o.tasks.get(partition)
    const place = task?.place(topic)
    if (task === undefined || place === undefined) return false
    return (task.isIdle ? place.next : place.committed) >= offset
  }
}
