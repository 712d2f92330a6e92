import * as E from 'fp-ts/lib/Either.js'
import type { Engine, Fetched, FetchRequest } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { type Position, partitionName } from '../contracts/position.ts'
import type { Committer } from './committer.ts'
import type { Counters } from './counters.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { LiveTask, Place } from './live-task.ts'
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

/** One fetch at a time, for all tasks that have room; each answer is handed on while the next is under way. */
export class FetchLoop {
  readonly #o: FetchSetup
  #current: AbortController | undefined
  #kicked: (() => void) | undefined
  #underWay: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(setup: FetchSetup) {
    this.#o = setup
  }

  /** Resolves once it is stopped; rejects where a partition cannot be read, or the engine is done for. */
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
    if (task !== undefined && (task.isFetching || !this.#hasRoom(task))) return
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

  #hasRoom({ state, runner }: LiveTask): boolean {
    return state === 'running' && runner !== undefined && runner.heldBytes < this.#o.fetchBytesMax
  }

  #wanted(): readonly LiveTask[] {
    return [...this.#o.tasks()].filter((task) => this.#hasRoom(task))
  }

  async #fetch(tasks: readonly LiveTask[]): Promise<void> {
    const { engine, fetchBytesMax } = this.#o
    const controller = new AbortController()
    this.#current = controller
    const { signal } = controller
    const positions: Position[] = []
    for (const task of tasks) {
      task.isFetching = true
      for (const { source, next } of task.places)
        positions.push({ topic: source.topic, partition: source.partition, offset: next })
    }
    const request: FetchRequest = { positions, isolation: 'read_committed', maxBytes: fetchBytesMax, maxWaitMs, signal }
    const answer = await engine.reader.fetch(request)()
    this.#current = undefined
    try {
      if (E.isRight(answer)) return await this.#handOn(tasks, answer.right)
    } finally {
      for (const task of tasks) task.isFetching = false
    }
    if (this.#isStopped) return
    const failure = answer.left
    if (failure.code === 'cancelled') return
    if (failure.kind !== 'retriable' && failure.kind !== 'indeterminate') throw new MillraceError(failure)
    await this.#o.calls.backOff('a fetch', failure, 1)
  }

  async #handOn(tasks: readonly LiveTask[], answers: readonly Fetched[]): Promise<void> {
    const { committer, counters } = this.#o
    const found: { readonly task: LiveTask; readonly place: Place; readonly fetched: Fetched }[] = []
    for (const fetched of answers) {
      const task = tasks.find((one) => one.task === fetched.partition)
      const place = task?.place(fetched.topic)
      if (task === undefined || place === undefined || task.state !== 'running') continue
      if (fetched.failure === undefined) found.push({ task, place, fetched })
      else await this.#unreadable(task, place, fetched)
    }
    if (found.length === 0) return
    await committer.beforeRecords(
      found.map(({ task, fetched: { topic, partition, nextOffset } }) => ({
        task,
        position: { topic, partition, offset: nextOffset },
      })),
    )
    for (const { task, place, fetched } of found) {
      if (!task.isOurs) continue
      const chunk = chunkOf(place.source, fetched, place.next)
      counters.fetchedBytes += chunk.sizeBytes
      place.next = fetched.nextOffset
      task.runner?.offer(chunk)
    }
  }

  /** Where retention was faster than the pipeline, it goes on behind the gap, loudly; anything else ends the run. */
  async #unreadable(task: LiveTask, place: Place, { failure, startOffset, highWatermark }: Fetched): Promise<void> {
    const name = partitionName(place.source)
    if (failure === undefined) return
    if (failure.code === 'offset-out-of-range' && place.next < startOffset) {
      const lost = engineFailure(
        'offset-out-of-range',
        `records ${place.next} to ${startOffset - 1} of ${name} were deleted before they were read: going on at ${startOffset}; raise the topic's retention`,
      )
      this.#o.calls.tell('reading', lost)
      place.next = startOffset
      return
    }
    if (failure.kind === 'retriable' || failure.kind === 'indeterminate')
      return this.#o.calls.backOff(`reading ${name}`, failure, 1)
    if (task.state !== 'running') return
    const detail =
      highWatermark >= 0 && place.next > highWatermark ? ' (the topic was deleted, or restored from a backup?)' : ''
    throw new MillraceError({ ...failure, message: `${failure.message}${detail}` })
  }
}
