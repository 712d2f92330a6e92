import type { Engine } from '../../contracts/engine.ts'

/** An engine under test, and what the suite may do to the world around it. */
export interface EngineSubject {
  readonly engine: Engine
  /** Lets time pass for the engine: drives a virtual clock, or waits for a real one. */
  readonly elapse: (ms: number) => Promise<void>
  /**
   * Ends `engine` and answers another one on what it kept. `kill` leaves out the goodbye, as a dead process does.
   * Needed by engines that have the feature `persistence`.
   */
  readonly reopen?: (how: 'close' | 'kill') => Promise<Engine>
  /** Ends whatever is still open, and removes what is left. */
  readonly dispose: () => Promise<void>
}

/** How the suite comes by an engine. */
export interface ConformanceOptions {
  /** Opens an engine of its own for each law. */
  readonly open: () => Promise<EngineSubject>
  /** How many random programs the law of histories plays; 60 where nothing is said, fewer where an engine is slow. */
  readonly runs?: number
  /**
   * A law for which the engine has answered nothing for so long, in milliseconds of real time, is broken, and says what it
   * waits for; what `elapse` is asked for comes on top. 30,000 where nothing is said.
   */
  readonly limitMs?: number
  /**
   * Begins the names of topics, groups and transactional ids. Each law has names of its own; where an engine keeps what
   * earlier runs have left, they need to differ from run to run too. Nothing where nothing is said.
   */
  readonly prefix?: string
}

/** What a law is given: the subject, and names that no other law has. */
export interface Scenario extends Required<EngineSubject> {
  readonly unique: (name: string) => string
  /** How many random programs to play. */
  readonly runs: number
}
