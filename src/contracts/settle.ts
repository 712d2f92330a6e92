import type { Call } from './engine.ts'
import { MillraceError } from './failure.ts'

/** Runs a call to the engine; rejects with its failure as a {@link MillraceError}. */
export const settle = async <A>(call: Call<A>): Promise<A> => {
  const answer = await call()
  if (answer._tag === 'Left') throw new MillraceError(answer.left)
  return answer.right
}
