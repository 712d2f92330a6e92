import type { TraceSubject } from '../../engines/simulated/world/trace.ts'

/** Something that belongs to the story of a run. */
export interface Beat {
  /** Virtual milliseconds. */
  readonly at: number
  /** Which of all it is: much may happen at the same time, one after the other. */
  readonly order?: number
  readonly about: TraceSubject | 'network' | 'fault' | 'violation'
  /** Of whom it is told. */
  readonly who: string
  readonly what: string
  /** It follows from what was told before: first to go where there is no room. */
  readonly isImplied?: true
}

/** Told one by one for as long as there is room: what befell the processes, and what came of it. */
export const isTurningPoint = ({ about }: Beat): boolean =>
  about === 'fault' || about === 'violation' || about === 'process'
