import type { Clock } from '../../contracts/clock.ts'
import type { Engine } from '../../contracts/engine.ts'
import type { Position } from '../../contracts/position.ts'
import type { Random } from '../../contracts/random.ts'
import type { AwaitedMember } from '../../engines/simulated/awaited-members.ts'
import type { Process } from '../../engines/simulated/world/process.ts'
import type { World } from '../../engines/simulated/world/world.ts'

/** Time and randomness of a process. */
export interface System {
  readonly clock: Clock
  readonly random: Random
}

/** Where programs run: a cluster whose clients they are, or a machine with a disk of its own. */
export interface Setting {
  /** For messages: `the cluster`. */
  readonly name: string
  readonly world: World
  /** A process that nothing happens to: whoever sends the input, and reads what came of it. */
  readonly supervisor: Process
  /** The engine, as the supervisor has it. */
  readonly engine: Engine
  /** The engine, as a program has it that begins in `process`. **Errors** rejects where it cannot be had. */
  readonly engineOf: (process: Process, system: System) => Engine | Promise<Engine>
  /** By how much the wall clock of a process is ahead, in milliseconds; negative where it is behind. */
  readonly skewOf: (process: string) => number
  /** Whether topics are the business of whoever begins; else each program finds them there when it begins. */
  readonly wantsTopics: boolean
  /** Whether everybody is up who should be. */
  readonly isWhole: boolean
  /** Whom groups wait for although nobody is that member any more; `undefined` where that cannot be told at the moment. */
  readonly awaited: () => readonly AwaitedMember[] | undefined
  /** Whether a send that was acknowledged has to be there in the end. */
  readonly keepsSends: boolean
  /** When a record was appended, by the world's own time: milliseconds since the epoch. */
  readonly appendedMs: (record: Position) => number
}
