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

  /** Tells of `failure`, and waits. Rejects with it where the run ends meanwhile. */
  async backOff(what: string, failure: EngineFailure, failures: number): Promise<void> {
    const retryInMs = backOffMs(failures, this.#random)
    const message = `pipeline '${this.#pipeline}': ${what} failed (${failures}): ${failure.message} [${failure.code}]; trying again in ${retryInMs} ms`
    this.#notice({ _tag: 'engine', message, failure, retryInMs })
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
