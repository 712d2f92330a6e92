import type * as E from 'fp-ts/lib/Either.js'
import type { Call } from '../../../contracts/engine.ts'
import type { EngineFailure } from '../../../contracts/failure.ts'
import type { TraceSubject } from '../../../engines/simulated/world/trace.ts'
import type { Witness } from './witness.ts'

/** What calls of a program are made with. */
export interface Calls {
  /** The same call, that a dead process is never answered. `told` hears what others are told. */
  readonly of: <A>(call: Call<A>, told?: (answer: E.Either<EngineFailure, A>) => void) => Call<A>
  readonly tell: (what: () => string, about: TraceSubject) => void
  readonly witness: Witness
  /** The world's own time: milliseconds since the epoch. */
  readonly now: () => number
}
