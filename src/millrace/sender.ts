import type { Clock } from '../contracts/clock.ts'
import type { Appended, Engine } from '../contracts/engine.ts'
import { type EngineFailure, MillraceError } from '../contracts/failure.ts'
import type { Position } from '../contracts/position.ts'
import type { Topic } from '../contracts/topic.ts'
import { Delivery } from './delivery.ts'
import { type OpenBatch, OpenBatches } from './open-batches.ts'
import { type EncodedRecord, encodeAll, type Outgoing } from './outgoing.ts'
import type { Route, Routes } from './routes.ts'

/** How sends are gathered. */
export interface SendOptions {
  /** A batch is sent when it has this many bytes; 128 KiB where nothing is said. */
  readonly batchBytes?: number
  /** How long a batch waits for company while nothing else is under way; 0 where nothing is said. */
  readonly lingerMs?: number
  /** What may wait to be acknowledged; a `send` that would pass it waits. 32 MiB where nothing is said. */
  readonly bufferBytes?: number
  /** How long a record may go unacknowledged, while the disk is full for one, before its `send` gives up; 30 s. */
  readonly deliveryTimeoutMs?: number
}

/** One call of `send`, until its last record is acknowledged. */
interface SendCall {
  readonly batches: SentBatch[]
  /** For each record, which of `batches`, and which record there: two numbers each. */
  readonly places: Uint32Array
  unacknowledged: number
  entered: boolean
  failure: EngineFailure | undefined
  readonly settled: (failure: EngineFailure | undefined) => void
}

interface SentBatch extends OpenBatch {
  readonly calls: SendCall[]
  appended: Appended | undefined
}

/** Where the records of one `send` came to lie. */
export interface Sent {
  readonly count: number
  /** Of record `index` of the call. **Errors** throws a `RangeError` where there is none. */
  readonly position: (index: number) => Position
}

class SentRecords implements Sent {
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

/**
 * Gathers the sends of a program into batches and appends them through one idempotent producer.
 *
 * **Guarantees** records of one partition keep the order of their calls, and of their place in a call; a call
 * resolves once all its records are durable, and rejects with the first failure of any (others of it may be written).
 * At most `bufferBytes` (and one record) wait at a time: a call beyond that waits, first come first served.
 */
export class Sender {
  readonly #delivery: Delivery
  readonly #routes: Routes
  readonly #clock: Clock
  readonly #lingerMs: number
  readonly #bufferBytes: number
  readonly #open: OpenBatches<SentBatch>
  #ready: SentBatch[] = []
  #bufferedBytes = 0
  #flushPlanned = false
  #turn: Promise<void> | undefined
  #room: (() => void)[] = []
  #idle: (() => void)[] = []

  constructor(o: {
    readonly engine: Engine
    readonly routes: Routes
    readonly clock: Clock
    readonly options: SendOptions
  }) {
    const timeoutMs = o.options.deliveryTimeoutMs ?? 30_000
    this.#delivery = new Delivery({ engine: o.engine, clock: o.clock, timeoutMs })
    this.#routes = o.routes
    this.#clock = o.clock
    this.#lingerMs = o.options.lingerMs ?? 0
    this.#bufferBytes = o.options.bufferBytes ?? 32 * 1024 * 1024
    this.#open = new OpenBatches<SentBatch>({
      routes: o.routes,
      batchBytes: o.options.batchBytes ?? 128 * 1024,
      make: (batch) => ({ ...batch, calls: [], appended: undefined }),
      full: (batch) => this.#ready.push(batch),
    })
  }

  /** See `Millrace.send`. */
  async send<K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): Promise<Sent> {
    const encoded = encodeAll(topic, records, this.#clock.now())
    let settled: (failure: EngineFailure | undefined) => void = () => undefined
    const acknowledged = new Promise<EngineFailure | undefined>((resolve) => {
      settled = resolve
    })
    const places = new Uint32Array(2 * encoded.length)
    const call: SendCall = { batches: [], places, unacknowledged: 0, entered: false, failure: undefined, settled }
    await this.#inTurn(topic.name, (route) => {
      const grown = this.#routes.check(route, encoded)
      return grown === undefined
        ? this.#enter(route, encoded, call, 0)
        : grown.then((now) => this.#enter(now, encoded, call, 0))
    })
    const failure = await acknowledged
    if (failure !== undefined) throw new MillraceError(failure)
    return new SentRecords(call)
  }

  /** Resolves once everything sent so far is acknowledged or refused. */
  async flush(): Promise<void> {
    await this.#turn
    if (this.#bufferedBytes === 0) return
    this.#open.flush()
    this.#pump()
    if (this.#bufferedBytes > 0) await new Promise<void>((idle) => this.#idle.push(idle))
  }

  /** Flushes, and lets go of the producer. */
  async close(): Promise<void> {
    await this.flush()
    await this.#delivery.close()
  }

  /** Calls enter one after the other, in the order in which they were made: at once where nobody waits. */
  async #inTurn(topic: string, enter: (route: Route) => Promise<void> | undefined): Promise<void> {
    const known = this.#routes.known(topic)
    if (this.#turn === undefined && known !== undefined) return this.#takeTurn(enter(known))
    const before = this.#turn ?? Promise.resolve()
    return this.#takeTurn(before.then(async () => enter(await this.#routes.find(topic))))
  }

  #takeTurn(entering: Promise<void> | undefined): Promise<void> | undefined {
    if (entering === undefined) return undefined
    const turn = entering
      .catch(() => undefined)
      .then(() => {
        if (this.#turn === turn) this.#turn = undefined
      })
    this.#turn = turn
    return entering
  }

  /** Puts records into batches as far as there is room; a promise when it had to wait for some. */
  #enter(route: Route, records: readonly EncodedRecord[], call: SendCall, from: number): Promise<void> | undefined {
    for (let index = from; index < records.length; index++) {
      if (this.#bufferedBytes >= this.#bufferBytes) return this.#enterLater(route, records, call, index)
      const record = records[index] as EncodedRecord
      const batch = this.#open.add(route, record)
      this.#bufferedBytes += record.sizeBytes
      if (batch.calls.at(-1) !== call) {
        batch.calls.push(call)
        call.batches.push(batch)
        call.unacknowledged++
      }
      call.places[2 * index] = call.batches.at(-1) === batch ? call.batches.length - 1 : call.batches.lastIndexOf(batch)
      call.places[2 * index + 1] = batch.builder.count - 1
    }
    call.entered = true
    if (call.unacknowledged === 0) call.settled(call.failure)
    this.#planFlush()
    return undefined
  }

  async #enterLater(route: Route, records: readonly EncodedRecord[], call: SendCall, from: number): Promise<void> {
    this.#open.flush()
    this.#pump()
    await new Promise<void>((room) => this.#room.push(room))
    await this.#enter(route, records, call, from)
  }

  #planFlush(): void {
    if (this.#ready.length > 0) this.#pump()
    if (this.#flushPlanned || this.#open.isEmpty || this.#delivery.isBusy) return
    this.#flushPlanned = true
    const flush = () => {
      this.#flushPlanned = false
      if (this.#delivery.isBusy) return
      this.#open.flush()
      this.#pump()
    }
    if (this.#lingerMs === 0) queueMicrotask(flush)
    else this.#clock.after(this.#lingerMs, flush, true)
  }

  #pump(): void {
    const batches = this.#ready
    this.#ready = []
    for (const batch of batches) {
      const { route, partition, builder } = batch
      this.#delivery.deliver({ topic: route.topic, partition, bytes: builder.build() }, (failure, appended) => {
        batch.appended = appended
        this.#acknowledge(batch, failure)
        if (!this.#delivery.isBusy) this.#open.flush()
        this.#pump()
        this.#wake()
      })
    }
  }

  #acknowledge(batch: SentBatch, failure: EngineFailure | undefined): void {
    this.#bufferedBytes -= batch.sizeBytes
    if (failure !== undefined) this.#routes.refused(batch.route.topic, failure)
    for (const call of batch.calls) {
      call.failure ??= failure
      if (--call.unacknowledged === 0 && call.entered) call.settled(call.failure)
    }
  }

  #wake(): void {
    const room = this.#room
    this.#room = []
    for (const go of room) go()
    if (this.#bufferedBytes > 0) return
    const idle = this.#idle
    this.#idle = []
    for (const go of idle) go()
  }
}
