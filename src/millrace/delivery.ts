import type { Clock } from '../contracts/clock.ts'
import type { Appended, Engine, Producer, UnsealedBatch } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import { partitionName } from '../contracts/position.ts'
import { settle } from './settle.ts'

const firstPauseMs = 20
const longestPauseMs = 1_000

/** What became of a batch. */
export type Delivered = (failure: EngineFailure | undefined, appended: Appended | undefined) => void

interface Errand {
  readonly batch: UnsealedBatch
  readonly number: number
  readonly since: number
  readonly delivered: Delivered
}

/**
 * Appends batches through one idempotent producer, again where that may help.
 *
 * **Guarantees** batches of a partition arrive in the order of {@link deliver}. A batch that fails retriably is sent
 * again, the very same bytes, so that the engine knows it; nothing new goes out before. After `timeoutMs` it is given up
 * as `timed-out`: it may be written all the same. A call a batch: what is wrong with one partition fails no other's.
 */
export class Delivery {
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #timeoutMs: number
  #producer: Promise<Producer> | undefined
  #inFlight = 0
  #numbers = 0
  #pauseMs = firstPauseMs
  /** What has failed and goes out again, and what came meanwhile. */
  #held: Errand[] = []

  constructor(o: { readonly engine: Engine; readonly clock: Clock; readonly timeoutMs: number }) {
    this.#engine = o.engine
    this.#clock = o.clock
    this.#timeoutMs = o.timeoutMs
  }

  /** Whether anything is neither delivered nor given up. */
  get isBusy(): boolean {
    return this.#inFlight > 0 || this.#held.length > 0
  }

  deliver(batch: UnsealedBatch, delivered: Delivered): void {
    const errand = { batch, number: this.#numbers++, since: this.#clock.elapsed(), delivered }
    if (this.#held.length > 0) this.#held.push(errand)
    else this.#send(errand)
  }

  async close(): Promise<void> {
    if (this.#producer !== undefined) await settle((await this.#producer).close())
  }

  #send(errand: Errand): void {
    this.#inFlight++
    void this.#append(errand.batch).then((answer) => {
      this.#inFlight--
      if (answer._tag === 'Right') {
        this.#pauseMs = firstPauseMs
        errand.delivered(undefined, answer.right[0])
      } else if (answer.left.kind !== 'retriable') errand.delivered(answer.left, undefined)
      else if (this.#clock.elapsed() - errand.since < this.#timeoutMs) this.#held.push(errand)
      else errand.delivered(this.#givenUp(errand, answer.left), undefined)
      if (this.#inFlight === 0 && this.#held.length > 0) this.#againLater()
    })
  }

  /** All that is held, oldest first, once everything that was under way has its answer. */
  #againLater(): void {
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, longestPauseMs)
    const again = () => {
      const held = this.#held.sort((a, b) => a.number - b.number)
      this.#held = []
      for (const errand of held) this.#send(errand)
    }
    this.#clock.after(pauseMs, again, true)
  }

  async #append(batch: UnsealedBatch): ReturnType<ReturnType<Producer['append']>> {
    try {
      this.#producer ??= settle(this.#engine.producer())
      return await (await this.#producer).append([batch])()
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#producer = undefined
      return { _tag: 'Left', left: error.failure }
    }
  }

  #givenUp({ batch }: Errand, last: EngineFailure): EngineFailure {
    const message = `records for ${partitionName(batch)} were not acknowledged within ${this.#timeoutMs} ms and may be written all the same; the last attempt: ${last.message}`
    return engineFailure('timed-out', message, last)
  }
}
