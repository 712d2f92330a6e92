import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../contracts/clock.ts'
import type { Call } from '../contracts/engine.ts'
import { type EngineFailure, MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
import { backOffMs } from './back-off.ts'
import type { Notice } from './notice.ts'

/** Calls to the engine that are tried again, loudly, for as long as that makes sense. */
export class EngineCalls {
  readonly #pipeline: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #notice: (notice: Notice) => void
  readonly #ended = new AbortController()

  constructor(o: {
    readonly pipeline: string
    readonly clock: Clock
    readonly random: Random
    readonly notice: (notice: Notice) => void
  }) {
    this.#pipeline = o.pipeline
    this.#clock = o.clock
    this.#random = o.random
    this.#notice = o.notice
  }

  /** Aborts when the run ends: what waits for another try gives up. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  end(): void {
    this.#ended.abort()
  }

  /** Tries again what is retriable, and what may have happened where doing it twice does no harm. */
  async again<A>(what: string, call: () => Call<A>, isHarmless = true): Promise<A> {
    for (let failures = 1; ; failures++) {
      const answer = await call()()
      if (E.isRight(answer)) return answer.right
      const { kind } = answer.left
      if (!(kind === 'retriable' || (kind === 'indeterminate' && isHarmless))) throw new MillraceError(answer.left)
      await this.backOff(what, answer.left, failures)
    }
  }

  /** Tells of `failure`, where nothing is tried again. */
  tell(what: string, failure: EngineFailure): void {
    const message = `pipeline '${this.#pipeline}': ${what}: ${failure.message} [${failure.code}]`
    this.#notice({ _tag: 'engine', message, failure })
  }

  /** Calls `ring` when it is time to try again, and answers how long that takes; never where the run ends before. */
  later(failures: number, ring: () => void): number {
    const retryInMs = backOffMs(failures, this.#random)
    this.#clock.after(retryInMs, () => {
      if (!this.#ended.signal.aborted) ring()
    })
    return retryInMs
  }

  /** Tells of `failure`, the last of so many in a row, and that it is tried again. */
  tellAgain(
    what: string,
    failure: EngineFailure,
    { failures, retryInMs }: { readonly failures: number; readonly retryInMs: number },
  ): void {
    const message = `pipeline '${this.#pipeline}': ${what} failed (${failures}): ${failure.message} [${failure.code}]; trying again in ${retryInMs} ms`
    this.#notice({ _tag: 'engine', message, failure, retryInMs })
  }

  /** Tells that `task` waits, since what it reads is damaged. */
  tellHalted(task: number, failure: EngineFailure): void {
    const message =
      `pipeline '${this.#pipeline}': task ${task} is halted, and the others go on: ${failure.message} [${failure.code}]; ` +
      'it looks again, with pauses up to half a minute, and goes on once the file is as it was, or the records up to behind the damage are deleted (millrace.deleteRecords)'
    this.#notice({ _tag: 'task-halted', message, task, failure })
  }

  /** Tells of `failure`, if it is news, and waits. Rejects with it where the run ends meanwhile. */
  async backOff(what: string, failure: EngineFailure, failures: number): Promise<void> {
    const retryInMs = backOffMs(failures, this.#random)
    if (failures > 1 || !comesWithRebalance(failure)) this.tellAgain(what, failure, { failures, retryInMs })
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel()
        this.#ended.signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = this.#clock.after(retryInMs, done, true)
      if (this.#ended.signal.aborted) done()
      else this.#ended.signal.addEventListener('abort', done)
    })
    if (this.#ended.signal.aborted) throw new MillraceError(failure)
  }
}

/** What a member meets in good order while its group hands out tasks anew, and has not heard of it yet. */
const comesWithRebalance = ({ code }: EngineFailure): boolean =>
  code === 'illegal-generation' || code === 'rebalance-in-progress'
