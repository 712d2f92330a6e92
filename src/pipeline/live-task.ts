import type { CommittedOffset } from '../contracts/engine.ts'
import type { DonePrefix } from './done-prefix.ts'
import type { Chunk } from './feed.ts'
import type { TaskStore } from './gather.ts'
import { ParkedGauge } from './parked-gauge.ts'
import { Place } from './place.ts'
import type { Plan } from './plan.ts'
import { sourceOf } from './source.ts'
import type { TaskRunner } from './task-runner.ts'

/** Holds back what waits in the tiers of a task. */
export interface HoldsBack {
  /** Whether more of a tier is to be fetched. */
  readonly hasRoom: (place: Place) => boolean
  /** Takes what was fetched of a tier. */
  readonly offer: (place: Place, chunk: Chunk) => void
  /** It is later, or the task has come further. */
  readonly wake: () => void
  /** When the first of what waits is due, as far as that is known, in ms since the epoch; `undefined` where nothing waits. */
  readonly nextDueMs: number | undefined
  readonly close: () => void
}

/**
 * A task that this instance has, from its assignment to its end. The same task assigned again later is another.
 *
 * - `starting`: finds its positions and restores its state
 * - `running`
 * - `draining`: finishes and commits what has entered, and then goes
 * - `closed`
 */
export class LiveTask {
  readonly task: number
  readonly places: readonly Place[]
  readonly stores: Map<string, TaskStore> = new Map()
  readonly ended: AbortController = new AbortController()
  state: 'starting' | 'running' | 'draining' | 'closed' = 'starting'
  runner: TaskRunner | undefined
  /** Resolves once its stores are closed, from when it is closed itself. */
  gone: Promise<unknown> = Promise.resolve()
  /** Resolves once it has finished what entered, from when it is draining. */
  drained: Promise<void> = Promise.resolve()
  /** What of it waits in order. */
  readonly parked: ParkedGauge = new ParkedGauge()
  /** Hold back what waits in its tiers. */
  sluices: HoldsBack | undefined

  constructor(task: number, plan: Plan) {
    this.task = task
    this.places = [
      ...plan.topics.map((topic) => new Place(sourceOf(topic, task))),
      ...plan.tiers.map((tier) => new Place(sourceOf(tier.topic, task), tier)),
    ]
  }

  /** Whether a commit for it may still be made. */
  get isOurs(): boolean {
    return this.state !== 'closed'
  }

  place(topic: string): Place | undefined {
    return this.places.find(({ source }) => source.topic === topic)
  }

  /** A partition of it could not be read: none is fetched before it is time to look again. */
  get isResting(): boolean {
    return this.places.some(({ position }) => position.phase === 'resting')
  }

  /** What it reads is damaged: it waits until somebody has mended that. */
  get isHalted(): boolean {
    return this.places.some(({ damage }) => damage !== undefined)
  }

  /** All before it is done there. */
  reached(place: Place): number {
    if (this.isIdle) return place.next
    return Math.max(place.committed, this.runner?.position(place.source) ?? 0)
  }

  /** A fetch that includes some of it is under way. */
  get isFetching(): boolean {
    return this.places.some((place) => place.isFetching)
  }

  /** Nothing is read, under way, or done and not committed. */
  get isIdle(): boolean {
    const { runner } = this
    return runner !== undefined && runner.isIdle && !runner.hasDone && runner.uncommitted === 0
  }

  close(reason: string): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.ended.abort()
    this.sluices?.close()
    this.runner?.close(reason)
    this.gone = Promise.all(Array.from(this.stores.values(), async ({ state }) => state.close()))
  }
}

/** What one task has done, on its way into a commit. */
export interface TakenPrefix {
  readonly task: LiveTask
  readonly prefix: DonePrefix
}

/** The offsets that commit `taken`; `metadata` is what that commit is known by. */
export const offsetsOf = (taken: readonly TakenPrefix[], metadata = ''): readonly CommittedOffset[] =>
  taken.flatMap(({ prefix }) =>
    [...prefix.positions].map(([{ topic, partition }, offset]) => ({ topic, partition, offset, metadata })),
  )
