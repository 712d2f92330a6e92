import { expect, it } from 'vitest'
import type { Engine, EngineFeature } from '../../src/contracts/engine.ts'

/** An engine under test, and what the suite may do to the world around it. */
export interface Subject {
  readonly engine: Engine
  /** Lets time pass for the engine: drives a virtual clock, or waits for a real one. */
  readonly elapse: (ms: number) => Promise<void>
  /**
   * Ends `engine` and answers another one on what it kept. `kill` leaves out the goodbye, as a dead process does.
   * For engines that have the feature `persistence`.
   */
  readonly reopen: (how: 'close' | 'kill') => Promise<Engine>
  /** Ends whatever is still open. */
  readonly dispose: () => Promise<void>
}

export interface Conformance {
  readonly open: () => Promise<Subject>
  /** How many random programs the history laws run: fewer where an engine is slow. */
  readonly runs: number
}

/** A scenario's own view: the subject, and names that no other scenario has. */
export interface Scenario extends Subject {
  readonly unique: (name: string) => string
}

let scenarios = 0

/** One test against a freshly opened engine; skipped, with the engine's own reason, where it lacks a feature. */
export const scenario = (
  { open }: Conformance,
  title: string,
  needs: readonly EngineFeature[],
  run: (scenario: Scenario) => Promise<void>,
): void => {
  it(title, async (context) => {
    const subject = await open()
    try {
      for (const feature of needs) {
        const declared = subject.engine.features[feature]
        if (declared !== true) context.skip(`${subject.engine.name} has no ${feature}: ${declared}`)
      }
      scenarios += 1
      const mark = `${scenarios}`
      await run({ ...subject, unique: (name) => `${name}-${mark}` })
      expect(true).toBe(true)
    } finally {
      await subject.dispose()
    }
  })
}
