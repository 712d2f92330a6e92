import type { Clock } from '../contracts/clock.ts'
import type { Call } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'

const firstPauseMs = 5
const longestPauseMs = 1_000
const patienceMs = 60_000

/**
 * Runs a call to the engine as `settle` does, but a failure that may go away is tried again, with growing pauses, for a minute; one of unknown
 * outcome only where doing it twice `isHarmless`.
 */
export const settlePatiently = async <A>(clock: Clock, call: Call<A>, isHarmless = false): Promise<A> => {
  const begun = clock.elapsed()
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const answer = await call()
    if (answer._tag === 'Right') return answer.right
    const { kind } = answer.left
    const mayPass = kind === 'retriable' || (kind === 'indeterminate' && isHarmless)
    if (!mayPass || clock.elapsed() - begun > patienceMs) throw new MillraceError(answer.left)
    await new Promise<void>((ring) => clock.after(pauseMs, ring, true))
  }
}
