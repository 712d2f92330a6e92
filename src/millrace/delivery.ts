import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../contracts/clock.ts'
import type { Appended, Engine, Producer, UnsealedBatch } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import { partitionName } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'

const firstPauseMs = 20
const longestPauseMs = 1_000

/** What became of a batch. */
export type Delivered = (failure: EngineFailure | undefined, appended: Appended | undefined) => void

interface Errand {
  readonly batch: UnsealedBatch
  readonly since: number
  readonly delivered: Delivered
}

/** What is on its way to one partition. */
interface Lane {
  /** Oldest first; the first of them are in the append under way. */
  readonly errands: Errand[]
  /** How many go together: one, once a failure was to be somebody's in particular. */
  together: number
  pauseMs: number
}

/**
 * Appends batches through one idempotent producer, again where that may help.
 *
 * **Guarantees** batches of a partition arrive in the order of {@link deliver}: one append at a time takes all that
 * waits, and what fails retriably goes out again first, the very same bytes, so that the engine knows it. After
 * `timeoutMs` a batch is given up as `timed-out`: it may be written all the same. What is wrong with one partition fails
 * no other's records.
 */
export class Delivery {
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #timeoutMs: number
  #producer: Promise<Producer> | undefined
  readonly #lanes = new Map<string, Lane>()

  constructor(o: { readonly engine: Engine; readonly clock: Clock; readonly timeoutMs: number }) {
    this.#engine = o.engine
    this.#clock = o.clock
    this.#timeoutMs = o.timeoutMs
  }

  /** Whether anything is neither delivered nor given up. */
  get isBusy(): boolean {
    return this.#lanes.size > 0
  }

  deliver(batch: UnsealedBatch, delivered: Delivered): void {
    const name = partitionName(batch)
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      lane = { errands: [], together: Number.POSITIVE_INFINITY, pauseMs: firstPauseMs }
      this.#lanes.set(name, lane)
      // what else is delivered in this turn shares the append
      queueMicrotask(() => this.#send(name, lane as Lane))
    }
    lane.errands.push({ batch, since: this.#clock.elapsed(), delivered })
  }

  async close(): Promise<void> {
    if (this.#producer !== undefined) await settle((await this.#producer).close())
  }

  #send(name: string, lane: Lane): void {
    const errands = lane.errands.slice(0, lane.together)
    void this.#append(errands.map(({ batch }) => batch)).then((answer) => {
      if (answer._tag === 'Right') {
        lane.pauseMs = firstPauseMs
        this.#settle(name, lane, answer.right.length, (errand, index) =>
          errand.delivered(undefined, answer.right[index]),
        )
      } else if (answer.left.kind === 'retriable') return this.#againLater(name, lane, answer.left)
      else if (errands.length === 1) this.#settle(name, lane, 1, ({ delivered }) => delivered(answer.left, undefined))
      else lane.together = 1
      if (lane.errands.length > 0) this.#send(name, lane)
    })
  }

  /** The oldest `count` have their answer. A lane with nothing left ends before they hear of it: they may begin another. */
  #settle(name: string, lane: Lane, count: number, tell: (errand: Errand, index: number) => void): void {
    const errands = lane.errands.splice(0, count)
    if (lane.errands.length === 0) this.#lanes.delete(name)
    errands.forEach(tell)
  }

  #againLater(name: string, lane: Lane, failure: EngineFailure): void {
    const now = this.#clock.elapsed()
    const inTime = lane.errands.findIndex(({ since }) => now - since < this.#timeoutMs)
    const late = inTime === -1 ? lane.errands.length : inTime
    const givenUp = this.#givenUp(name, failure)
    this.#settle(name, lane, late, ({ delivered }) => delivered(givenUp, undefined))
    if (lane.errands.length === 0) return
    const { pauseMs } = lane
    lane.pauseMs = Math.min(2 * pauseMs, longestPauseMs)
    this.#clock.after(pauseMs, () => this.#send(name, lane), true)
  }

  async #append(batches: readonly UnsealedBatch[]): ReturnType<ReturnType<Producer['append']>> {
    try {
      this.#producer ??= settle(this.#engine.producer())
      return await (await this.#producer).append(batches)()
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#producer = undefined
      return E.left(error.failure)
    }
  }

  #givenUp(name: string, last: EngineFailure): EngineFailure {
    const message = `records for ${name} were not acknowledged within ${this.#timeoutMs} ms and may be written all the same; the last attempt: ${last.message}`
    return engineFailure('timed-out', message, last)
  }
}
