import type * as E from 'fp-ts/lib/Either.js'
import type { EngineFailure } from '../contracts/failure.ts'

export type Answer = E.Either<EngineFailure, void>

/** An answer that is still to come, for everyone who waits for it. */
export interface Deferred {
  readonly answer: Promise<Answer>
  readonly resolve: (answer: Answer) => void
}

export const deferred = (): Deferred => {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  return { answer: promise, resolve }
}
