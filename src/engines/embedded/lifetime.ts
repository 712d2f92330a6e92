import * as E from 'fp-ts/lib/Either.js'
import type { Call } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { thrownFailure } from './thrown-failure.ts'

/** How long something lives, and what its calls answer afterwards. */
export class Lifetime {
  readonly #what: string
  readonly #endings = new Set<(failure: EngineFailure) => void>()
  #ended: EngineFailure | undefined

  /** `what` names it in messages. */
  constructor(what: string) {
    this.#what = what
  }

  /** Why it has ended, or `undefined` while it lives. */
  get ended(): EngineFailure | undefined {
    return this.#ended
  }

  /** A call that fails with what ended this, and whose storage's errors are failures. */
  call<A>(work: () => E.Either<EngineFailure, A> | Promise<E.Either<EngineFailure, A>>): Call<A> {
    // not an async function: what is answered at once takes one promise, and nothing more
    return () => {
      if (this.#ended !== undefined) return Promise.resolve(E.left(this.#ended))
      try {
        const answer = work()
        return answer instanceof Promise ? answer.catch(this.#thrown) : Promise.resolve(answer)
      } catch (error) {
        return Promise.resolve(this.#thrown(error))
      }
    }
  }

  readonly #thrown = (error: unknown): E.Either<EngineFailure, never> => E.left(thrownFailure(this.#what, error))

  /** Calls `ending` at the end, or now where that is past; the answer takes it back. */
  onEnd(ending: (failure: EngineFailure) => void): () => void {
    if (this.#ended !== undefined) ending(this.#ended)
    else this.#endings.add(ending)
    return () => this.#endings.delete(ending)
  }

  end(failure: EngineFailure = engineFailure('closed', `${this.#what} is closed: open another one`)): void {
    if (this.#ended !== undefined) return
    this.#ended = failure
    for (const ending of this.#endings) ending(failure)
    this.#endings.clear()
  }
}

/** The life of a part: it ends by itself, or with the whole. */
export const childLifetime = (parent: Lifetime, what: string): Lifetime => {
  const child = new Lifetime(what)
  const forget = parent.onEnd((failure) => child.end(failure))
  child.onEnd(forget)
  return child
}
