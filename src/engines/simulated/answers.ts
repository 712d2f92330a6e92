import type { EngineFailure } from '../../contracts/failure.ts'
import type { Done, Refused } from './wire.ts'

/** What was asked for is done, and that is all there is to say. */
export const done: Done = { _tag: 'done' }

export const refusedBy = (failure: EngineFailure): Refused => ({ _tag: 'refused', failure })
