import type { Appended } from '../contracts/engine.ts'
import type { EngineFailure } from '../contracts/failure.ts'
import type { Position } from '../contracts/position.ts'
import type { OpenBatch } from './open-batches.ts'

/** One call of `send`, until its last record is acknowledged. */
export interface SendCall {
  readonly batches: SentBatch[]
  /** For each record, which of `batches`, and which record there: two numbers each. */
  readonly places: Uint32Array
  unacknowledged: number
  entered: boolean
  failure: EngineFailure | undefined
  readonly settled: (failure: EngineFailure | undefined) => void
}

export interface SentBatch extends OpenBatch {
  readonly calls: SendCall[]
  /** Which of the last call's batches it is. */
  place: number
  appended: Appended | undefined
}

/** Where the records of one `send` came to lie. */
export interface Sent {
  readonly count: number
  /** Of record `index` of the call. **Errors** throws a `RangeError` where there is none. */
  readonly position: (index: number) => Position
}

/** The receipt of a call whose batches are all appended. */
export class SentRecords implements Sent {
  readonly #call: SendCall

  constructor(call: SendCall) {
    this.#call = call
  }

  get count(): number {
    return this.#call.places.length / 2
  }

  position(index: number): Position {
    const batch = this.#call.batches[this.#call.places[2 * index] ?? -1]
    if (batch?.appended === undefined) throw new RangeError(`there is no record ${index}: the call sent ${this.count}`)
    return {
      topic: batch.route.topic,
      partition: batch.partition,
      offset: batch.appended.offset + (this.#call.places[2 * index + 1] ?? 0),
    }
  }
}
