import type { ClusterOptions } from '../../engines/simulated/cluster-options.ts'
import type { Fault } from '../../engines/simulated/faults/fault.ts'
import type { ChoiceTape } from '../../engines/simulated/world/choices.ts'
import type { TraceEntry } from '../../engines/simulated/world/trace.ts'
import type { MachineOptions } from './machine/machine-options.ts'

/** A record to be sent, as bytes: a plan can be written down, and read on another machine. */
export interface PlannedRecord {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** Virtual milliseconds after the one before. */
  readonly afterMs: number
  readonly headers?: readonly (readonly [string, Uint8Array])[]
  /** Milliseconds since the epoch; the sender's time where nothing is said. */
  readonly timestamp?: number
  /** By how much its timestamp is before the sender's time. */
  readonly lateMs?: number
  readonly partition?: number
}

/**
 * A run, as data. **Guarantees** the same plan with the same application is the same run, on any machine: the hash of
 * its trace is the same.
 */
export interface Plan {
  /** Of everything random that is not on the tape, and of the tape where none is given. */
  readonly seed: number
  /** Every choice of the scheduler; 0, in order and without a fault, behind its end. */
  readonly tape?: ChoiceTape
  readonly cluster: Partial<ClusterOptions>
  /** Where there is one, it is a run on it, over the embedded engine, and not in a cluster. */
  readonly machine?: Partial<MachineOptions>
  readonly input: readonly PlannedRecord[]
  readonly faults: readonly Fault[]
  /** How many instances of the application run side by side. */
  readonly instances: number
}

/** What was promised and not kept. */
export interface Violation {
  /** `exactly-once`, `high-watermark-went-back`, `lost-write`, `stuck`, … */
  readonly kind: string
  /** For people: names the thing, the values, and what was expected. */
  readonly message: string
  /** When it was seen, in virtual milliseconds. */
  readonly atMs: number
}

/** What came of a run. */
export interface Outcome {
  readonly violations: readonly Violation[]
  /** Of the trace. */
  readonly hash: string
  readonly steps: number
  readonly virtualMs: number
  /** What was chosen, to be played back. */
  readonly tape: ChoiceTape
  /** Which of the situations that a run should come into it came into: `fenced`, `duplicate recognised`, `truncated`, … */
  readonly reached: ReadonlySet<string>
  /** For people; empty unless the run was asked to keep it. */
  readonly trace: readonly TraceEntry[]
}
