import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import type { Lifetime } from './lifetime.ts'

/** How long a process is kept alive at a time, for a wait without an end of its own. */
const holdMs = 60 * 60 * 1000

/** A question that is asked again whenever one of its partitions has changed. */
export interface Question<A> {
  readonly partitions: readonly TopicPartition[]
  /** The answer, or `undefined`: not yet. */
  readonly ask: () => E.Either<EngineFailure, A> | undefined
  readonly signal: AbortSignal | undefined
  /** After so long, `late` is the answer; without it the wait has no end of its own. The process lives on meanwhile. */
  readonly limit?: { readonly afterMs: number; readonly late: () => E.Either<EngineFailure, A> }
}

/** Those who wait for a partition to change: its records, its transactions, its being there at all. */
export class Wakeups {
  readonly #clock: Clock
  readonly #lifetime: Lifetime
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(clock: Clock, lifetime: Lifetime) {
    this.#clock = clock
    this.#lifetime = lifetime
  }

  /** Something about the partition has changed. */
  wake(partition: TopicPartition): void {
    if (this.#waiting.size === 0) return
    const waiting = this.#waiting.get(partitionName(partition))
    if (waiting !== undefined) for (const look of [...waiting]) look()
  }

  /** Anything may have changed. */
  wakeAll(): void {
    for (const waiting of [...this.#waiting.values()]) for (const look of [...waiting]) look()
  }

  /** Whether anybody waits. */
  get isWaitedFor(): boolean {
    return this.#waiting.size > 0
  }

  /** Asks now, and at each change; a signal ends the wait with `cancelled`, the end of the engine with what that says. */
  answer<A>(question: Question<A>): E.Either<EngineFailure, A> | Promise<E.Either<EngineFailure, A>> {
    const { signal, limit, ask } = question
    if (signal?.aborted === true) return E.left(cancelled())
    const now = ask()
    if (now !== undefined) return now
    if (limit !== undefined && limit.afterMs <= 0) return limit.late()
    return new Promise((resolve) => this.#wait(question, resolve))
  }

  #wait<A>(
    { partitions, ask, signal, limit }: Question<A>,
    resolve: (answer: E.Either<EngineFailure, A>) => void,
  ): void {
    const names = partitions.map(partitionName)
    const finish = (answer: E.Either<EngineFailure, A>) => {
      for (const name of names) this.#forget(name, look)
      signal?.removeEventListener('abort', cancel)
      stopTimer()
      notEnding()
      resolve(answer)
    }
    const look = () => {
      const answer = ask()
      if (answer !== undefined) finish(answer)
    }
    const cancel = () => finish(E.left(cancelled()))
    const stopTimer =
      limit === undefined ? this.#hold() : this.#clock.after(limit.afterMs, () => finish(limit.late()), true)
    for (const name of names) this.#remember(name, look)
    signal?.addEventListener('abort', cancel)
    const notEnding = this.#lifetime.onEnd((failure) => finish(E.left(failure)))
  }

  /** Keeps the process alive until the answer is called. */
  #hold(): () => void {
    let stop = (): void => {}
    const again = () => {
      stop = this.#clock.after(holdMs, again, true)
    }
    again()
    return () => stop()
  }

  #remember(name: string, look: () => void): void {
    const waiting = this.#waiting.get(name)
    if (waiting === undefined) this.#waiting.set(name, new Set([look]))
    else waiting.add(look)
  }

  #forget(name: string, look: () => void): void {
    const waiting = this.#waiting.get(name)
    waiting?.delete(look)
    if (waiting?.size === 0) this.#waiting.delete(name)
  }
}

const cancelled = (): EngineFailure => engineFailure('cancelled', 'the call was cancelled by its signal')
