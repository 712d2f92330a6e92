import * as E from 'fp-ts/lib/Either.js'
import type { Engine, Fetched, FetchRequest } from '../contracts/engine.ts'
import { type EngineFailure, MillraceError } from '../contracts/failure.ts'
import type { Position, TopicPartition } from '../contracts/position.ts'
import { drive } from '../protocol/client/fetch-position.ts'
import type { Committer } from './committer.ts'
import type { Counters } from './counters.ts'
import type { EngineCalls } from './engine-calls.ts'
import { holdUp } from './hold-up.ts'
import type { LiveTask } from './live-task.ts'
import type { Place } from './place.ts'
import { chunkOf } from './read-records.ts'

export interface FetchSetup {
  readonly engine: Engine
  readonly calls: EngineCalls
  readonly committer: Committer
  readonly counters: Counters
  readonly tasks: () => Iterable<LiveTask>
  /** How far a task reads ahead. */
  readonly fetchBytesMax: number
}

const maxWaitMs = 30_000

/** A partition that there is room for. */
interface Wanted {
  readonly task: LiveTask
  readonly place: Place
}

const isOf = ({ source }: Place, { topic, partition }: TopicPartition): boolean =>
  source.partition === partition && source.topic === topic

/** What a fetch answered for one partition, and at which of its epochs it was asked. */
interface Taken {
  readonly task: LiveTask
  readonly place: Place
  readonly fetched: Fetched
  readonly epoch: number
}

/**
 * One fetch at a time, for all tasks that have room; each answer is handed on while the next is under way. What a failure
 * means for a partition is decided in `protocol/client/fetch-position.ts`.
 */
export class FetchLoop {
  readonly #o: FetchSetup
  #current: AbortController | undefined
  #kicked: (() => void) | undefined
  #underWay: Promise<void> = Promise.resolve()
  #isStopped = false
  /** Of whole fetches, in a row. */
  #failures = 0

  constructor(setup: FetchSetup) {
    this.#o = setup
  }

  /**
   * Resolves once it is stopped. Rejects where the engine is done for, or a partition cannot be read for another reason
   * than damage, which halts its task alone.
   */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      const wanted = this.#wanted()
      if (wanted.length === 0) await new Promise<void>((resolve) => (this.#kicked = resolve))
      else {
        this.#underWay = this.#fetch(wanted)
        await this.#underWay
      }
    }
  }

  /** There may be room in `task`: it joins the fetch that is under way, or begins one. */
  kick(task?: LiveTask): void {
    if (task !== undefined && !task.places.some((place) => !place.isFetching && this.#wants(task, place))) return
    this.#current?.abort()
    this.#kicked?.()
  }

  /** Resolves once no fetch under way includes `task`; it is to have said before that it wants no more. */
  async leave(task: LiveTask): Promise<void> {
    if (!task.isFetching) return
    this.#current?.abort()
    await this.#underWay
  }

  stop(): void {
    this.#isStopped = true
    this.kick()
  }

  /** How many tasks wait until damage is mended. */
  get haltedTasks(): number {
    let halted = 0
    for (const task of this.#o.tasks()) if (task.isHalted) halted += 1
    return halted
  }

  #wants(task: LiveTask, place: Place): boolean {
    const { state, runner, sluices } = task
    if (state !== 'running' || runner === undefined || task.isResting) return false
    if (place.tier !== undefined) return sluices?.hasRoom(place) === true
    return runner.heldBytes < this.#o.fetchBytesMax
  }

  #wanted(): readonly Wanted[] {
    return [...this.#o.tasks()].flatMap((task) =>
      task.places.filter((place) => this.#wants(task, place)).map((place) => ({ task, place })),
    )
  }

  async #fetch(wanted: readonly Wanted[]): Promise<void> {
    const { engine, calls, fetchBytesMax } = this.#o
    const controller = new AbortController()
    this.#current = controller
    const { signal } = controller
    const positions: Position[] = []
    const epochs = new Map<Place, number>()
    for (const { place } of wanted) {
      const { topic, partition, offset, epoch } = place.position
      place.isFetching = true
      positions.push({ topic, partition, offset })
      epochs.set(place, epoch)
    }
    const request: FetchRequest = { positions, isolation: 'read_committed', maxBytes: fetchBytesMax, maxWaitMs, signal }
    const answer = await engine.reader.fetch(request)()
    this.#current = undefined
    try {
      if (E.isRight(answer)) {
        this.#failures = 0
        return await this.#take(wanted, epochs, answer.right)
      }
    } finally {
      for (const { place } of wanted) place.isFetching = false
    }
    if (this.#isStopped) return
    const failure = answer.left
    if (failure.code === 'cancelled') return
    if (failure.kind !== 'retriable' && failure.kind !== 'indeterminate') throw new MillraceError(failure)
    this.#failures += 1
    await calls.backOff('a fetch', failure, this.#failures)
  }

  async #take(
    wanted: readonly Wanted[],
    epochs: ReadonlyMap<Place, number>,
    answers: readonly Fetched[],
  ): Promise<void> {
    const taken: Taken[] = []
    // failures first: of a task that rests nothing is handed on, whichever partition it came from
    for (const fetched of answers) {
      const { task, place } = wanted.find((one) => isOf(one.place, fetched)) ?? {}
      if (task === undefined || place === undefined || task.state !== 'running') continue
      const one = { task, place, fetched, epoch: epochs.get(place) ?? -1 }
      if (fetched.failure === undefined || fetched.batches.length > 0) taken.push(one)
      else this.#unreadable(one, fetched.failure)
    }
    await this.#handOn(taken.filter(({ task }) => !task.isResting))
  }

  async #handOn(taken: readonly Taken[]): Promise<void> {
    const { committer, counters } = this.#o
    const counting = taken.flatMap((one) =>
      drive(one.place, { _tag: 'fetched', epoch: one.epoch }).map(() => ({ ...one, epoch: one.place.position.epoch })),
    )
    if (counting.length === 0) return
    await committer.beforeRecords(
      counting.map(({ task, fetched: { topic, partition, nextOffset } }) => ({
        task,
        position: { topic, partition, offset: nextOffset },
      })),
    )
    for (const { task, place, fetched, epoch } of counting) {
      if (!task.isOurs) continue
      const chunk = chunkOf(place.source, fetched, place.next)
      counters.fetchedBytes += chunk.sizeBytes
      place.damage = undefined
      drive(place, { _tag: 'handedOn', epoch, offset: fetched.nextOffset })
      if (place.tier === undefined) task.runner?.offer(chunk)
      else task.sluices?.offer(place, chunk)
    }
    for (const { task } of counting) task.sluices?.wake()
  }

  #unreadable({ task, place, fetched, epoch }: Taken, failure: EngineFailure): void {
    const { startOffset, highWatermark: endOffset } = fetched
    for (const effect of drive(place, { _tag: 'failed', epoch, failure, startOffset, endOffset }))
      holdUp(this.#o.calls, { task, place, rested: () => this.kick(task) }, effect)
  }
}
