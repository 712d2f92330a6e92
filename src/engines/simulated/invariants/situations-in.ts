import type { EngineFailure } from '../../../contracts/failure.ts'
import type { Situation } from '../broker/observer.ts'

/** What an answer tells of: refusals by their codes, and answers that never came. */
export const situationsIn = (reply: unknown, reached: (situation: Situation) => void): void => {
  if (reply === 'timed out' || reply === 'disconnected') return reached('no answer')
  for (const one of Array.isArray(reply) ? reply : [reply]) {
    const { failure } = one as { readonly failure?: EngineFailure }
    if (failure !== undefined) reached(failure.code)
  }
}
