import type { EncodedOutput } from './encoded-output.ts'
import type { Gather, StateWrite } from './gather.ts'
import type { Source } from './source.ts'

/** What a task has done since the last commit took it: everything up to `positions`, and nothing beyond. */
export interface DonePrefix {
  readonly outputs: readonly EncodedOutput[]
  readonly writes: readonly StateWrite[]
  readonly positions: ReadonlyMap<Source, number>
  readonly records: number
  /** Of the outputs and the state. */
  readonly bytes: number
}

/** Gathers what is done, in input order, until a commit takes it. */
export class DoneSoFar {
  #outputs: EncodedOutput[] = []
  #writes: StateWrite[] = []
  #positions = new Map<Source, number>()
  #records = 0
  #bytes = 0

  get records(): number {
    return this.#records
  }

  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#positions.size === 0
  }

  /** Adds what `gather` holds, of so many records, after which `source` stands at `nextOffset`. */
  add(gather: Gather | undefined, source: Source, nextOffset: number, records: number): void {
    this.#positions.set(source, nextOffset)
    this.#records += records
    if (gather === undefined || gather.bytes === 0) return
    this.#bytes += gather.bytes
    gather.handOver(this.#outputs, this.#writes)
  }

  take(): DonePrefix {
    const taken = {
      outputs: this.#outputs,
      writes: this.#writes,
      positions: this.#positions,
      records: this.#records,
      bytes: this.#bytes,
    }
    this.#outputs = []
    this.#writes = []
    this.#positions = new Map()
    this.#records = 0
    this.#bytes = 0
    return taken
  }
}
