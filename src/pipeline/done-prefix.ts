import type { Gather, Meter } from './gather.ts'
import type { Source } from './source.ts'
import { TaskOutputs } from './task-outputs.ts'
import type { StateWrite } from './task-store.ts'

/** What a task has done since the last commit took it: everything up to `positions`, and nothing beyond. */
export interface DonePrefix {
  readonly outputs: TaskOutputs
  readonly writes: readonly StateWrite[]
  readonly positions: ReadonlyMap<Source, number>
  readonly records: number
  /** Of the outputs and the state. */
  readonly bytes: number
}

/**
 * Gathers what is done, in input order, until a commit takes it, and counts its bytes until that commit is through.
 * What is gathered and not yet done is counted by the meter alone.
 */
export class DoneSoFar {
  /** All that the task holds. */
  readonly meter: Meter = { bytes: 0 }
  readonly #bytesMax: number
  readonly #task: number
  #outputs: TaskOutputs
  #writes: StateWrite[] = []
  #positions = new Map<Source, number>()
  #records = 0
  #bytes = 0
  /** Where each partition stood when it was last taken. */
  readonly #passed = new Map<Source, number>()
  #taken = 0
  #committed = 0
  #takenBytes = 0
  /** Empty, to be filled again: what was written once is quick to write. */
  #spare: TaskOutputs | undefined

  constructor(bytesMax: number, task: number) {
    this.#bytesMax = bytesMax
    this.#task = task
    this.#outputs = new TaskOutputs(task)
  }

  /** What is done and not taken; another once it is. */
  get outputs(): TaskOutputs {
    return this.#outputs
  }

  get records(): number {
    return this.#records
  }

  /** How many prefixes are taken and not {@link committed}. */
  get uncommitted(): number {
    return this.#taken - this.#committed
  }

  /** What answers whether all is committed that is done by now. */
  committing(): () => boolean {
    const last = this.#taken + (this.isWorthTaking ? 1 : 0)
    return () => this.#committed >= last
  }

  /** All of `source` before it is done; `undefined` where nothing of it is. */
  position(source: Source): number | undefined {
    return this.#positions.get(source) ?? this.#passed.get(source)
  }

  /** Whether there is something to commit. */
  get isWorthTaking(): boolean {
    return this.#records > 0 || this.#writes.length > 0
  }

  /** Whether more is gathered than may be. */
  get isOverBound(): boolean {
    return this.meter.bytes > this.#bytesMax
  }

  /** Whether the next commit makes room. */
  get makesRoom(): boolean {
    return this.#takenBytes + this.#bytes > 0
  }

  /** Adds what `gather` holds, of so many records, after which `source` stands at `nextOffset`. */
  add(gather: Gather | undefined, source: Source, nextOffset: number, records: number): void {
    this.#positions.set(source, nextOffset)
    this.#records += records
    if (gather === undefined || gather.isEmpty) return
    this.#bytes += gather.bytes
    gather.handOver(this.#outputs, this.#writes)
  }

  /**
   * Adds removals of what has expired, by nobody's doing. `source` stands where it stood, at `begin` where nothing of it was done:
   * a commit that moves no position would be nobody's to refuse when the task has gone elsewhere.
   */
  expire(removals: readonly StateWrite[], source: Source, begin: number): void {
    this.#positions.set(source, this.position(source) ?? begin)
    for (const write of removals) write.joins(this.#writes)
  }

  /** What was added since; `undefined` where nothing has moved. */
  take(): DonePrefix | undefined {
    if (this.#positions.size === 0) return undefined
    const taken = {
      outputs: this.#outputs,
      writes: this.#writes,
      positions: this.#positions,
      records: this.#records,
      bytes: this.#bytes,
    }
    for (const [source, offset] of this.#positions) this.#passed.set(source, offset)
    this.#taken += 1
    this.#takenBytes += taken.bytes
    this.#outputs = this.#spare ?? new TaskOutputs(this.#task)
    this.#spare = undefined
    this.#begin()
    return taken
  }

  /** What was taken is committed, or has gone: its bytes are free, and its outputs are not to be used again. */
  committed({ bytes, outputs }: DonePrefix): void {
    this.#committed += 1
    this.#takenBytes -= bytes
    this.meter.bytes -= bytes
    if (outputs.heldBytes > spareBytesMax) return
    outputs.clear()
    this.#spare = outputs
  }

  /** Forgets what was not taken. */
  clear(): void {
    this.#outputs = new TaskOutputs(this.#task)
    this.#begin()
  }

  #begin(): void {
    this.#writes = []
    this.#positions = new Map()
    this.#records = 0
    this.#bytes = 0
  }
}

/** What is larger is left to the collector. */
const spareBytesMax = 2 * 1024 * 1024
