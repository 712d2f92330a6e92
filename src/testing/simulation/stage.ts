import type { Clients } from '../../engines/simulated/faults/scene.ts'
import type { Moment } from '../../engines/simulated/invariants/committed-changes.ts'
import type { WorldOptions } from '../../engines/simulated/world/world.ts'
import type { Evidence } from './evidence.ts'
import type { Plan, Violation } from './plan.ts'
import type { Setting } from './setting.ts'

/** Where a run takes place, and what befalls it there. */
export interface Staged {
  readonly setting: Setting
  /** Faults begin, each at its time from now on. The answer ends them all, and lets nothing more begin. */
  readonly bringFaults: (clients: Clients) => () => void
  /** The situations that were come into; grows while the run goes on. */
  readonly reached: ReadonlySet<string>
  /**
   * What came to count, moment by moment, where that is known and something is promised of it; nothing where others than
   * the topics of these names may have a part in it.
   */
  readonly moments: (topics: ReadonlySet<string>, evidence: Evidence) => readonly Moment[] | undefined
}

/** Builds what a plan wants in a world of its own, and calls `violated` for each promise that is not kept there. */
export type Stage = (plan: Plan, world: WorldOptions, violated: (violation: Violation) => void) => Staged
