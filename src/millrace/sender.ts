import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import { type EngineFailure, MillraceError } from '../contracts/failure.ts'
import type { Topic } from '../contracts/topic.ts'
import { Delivery } from './delivery.ts'
import { OpenBatches } from './open-batches.ts'
import { type EncodedRecord, encodeAll, KeyPlace, type Outgoing, RecordEncoding } from './outgoing.ts'
import { checkRecord, type Route, type Routes } from './routes.ts'
import { type SendCall, type Sent, type SentBatch, SentRecords } from './sent.ts'

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
  readonly #keyPlace = new KeyPlace()
  /** A call is entering whole, and may be taken back: nobody else's records may come between its own. */
  #isEnteringWhole = false
  #turn: Promise<void> | undefined
  #room: (() => void)[] = []
  /** Delivered, and not answered. */
  readonly #underWay = new Set<SentBatch>()
  #flushes: { readonly left: Set<SentBatch>; readonly resolve: () => void }[] = []

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
      make: ({ route, partition, builder }) => ({
        route,
        partition,
        builder,
        sizeBytes: 0,
        calls: [],
        place: 0,
        appended: undefined,
      }),
      full: (batch) => this.#ready.push(batch),
    })
  }

  /** See `Millrace.send`. */
  async send<K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): Promise<Sent> {
    const now = this.#clock.now()
    let settled: (failure: EngineFailure | undefined) => void = () => undefined
    const acknowledged = new Promise<EngineFailure | undefined>((resolve) => {
      settled = resolve
    })
    const places = new Uint32Array(2 * records.length)
    const call: SendCall = { batches: [], places, unacknowledged: 0, entered: false, failure: undefined, settled }
    if (!this.#entersWhole(topic, records, call, now)) {
      const encoded = encodeAll(topic, records, now)
      await this.#inTurn(topic.name, (route) => {
        const grown = this.#routes.check(route, encoded)
        return grown === undefined
          ? this.#enter(route, encoded, call, 0)
          : grown.then((grownRoute) => this.#enter(grownRoute, encoded, call, 0))
      })
    }
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
    const left = new Set(this.#underWay)
    // what others send meanwhile is not waited for
    if (left.size > 0) await new Promise<void>((resolve) => this.#flushes.push({ left, resolve }))
  }

  /** Flushes, and lets go of the producer. */
  async close(): Promise<void> {
    while (this.#turn !== undefined || this.#bufferedBytes > 0) await this.flush()
    await this.#delivery.close()
  }

  /**
   * Encodes records into batches one by one, where nothing else is open, so that all of them can be taken back: when one
   * cannot be written, and where there is no room for all, or the topic must be looked at first. False for the latter two:
   * then nothing has happened.
   */
  #entersWhole<K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[], call: SendCall, now: number): boolean {
    const route = this.#routes.known(topic.name)
    if (route === undefined || this.#turn !== undefined || this.#isEnteringWhole || !this.#open.isEmpty) return false
    const readyBefore = this.#ready.length
    const bytesBefore = this.#bufferedBytes
    let isWhole = false
    this.#isEnteringWhole = true
    try {
      isWhole = this.#enterOneByOne(route, new RecordEncoding(topic, now, this.#keyPlace), records, call)
    } finally {
      this.#isEnteringWhole = false
      if (!isWhole) {
        this.#open.drop()
        this.#ready.length = readyBefore
        this.#bufferedBytes = bytesBefore
        call.batches.length = 0
        call.unacknowledged = 0
      }
    }
    if (isWhole) this.#entered(call)
    return isWhole
  }

  #enterOneByOne<K, V>(
    route: Route,
    encoding: RecordEncoding<K, V>,
    records: readonly Outgoing<K, V>[],
    call: SendCall,
  ): boolean {
    for (let index = 0; index < records.length; index++) {
      if (this.#bufferedBytes >= this.#bufferBytes) return false
      encoding.read(records[index] as Outgoing<K, V>, index)
      if ((encoding.partition ?? -1) >= route.partitions) return false
      checkRecord(route, encoding, index)
      this.#add(route, encoding, call, index)
    }
    return true
  }

  /** Calls enter one after the other, in the order in which they were made: at once where nobody waits. */
  async #inTurn(topic: string, enter: (route: Route) => Promise<void> | undefined): Promise<void> {
    const known = this.#routes.known(topic)
    if (this.#turn === undefined && known !== undefined && !this.#isEnteringWhole) return this.#takeTurn(enter(known))
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
      this.#add(route, records[index] as EncodedRecord, call, index)
    }
    this.#entered(call)
    return undefined
  }

  #add(route: Route, record: EncodedRecord, call: SendCall, index: number): void {
    const batch = this.#open.add(route, record)
    this.#bufferedBytes += record.sizeBytes
    if (batch.calls.at(-1) !== call) {
      batch.place = call.batches.length
      batch.calls.push(call)
      call.batches.push(batch)
      call.unacknowledged++
    }
    call.places[2 * index] = batch.place
    call.places[2 * index + 1] = batch.builder.count - 1
  }

  #entered(call: SendCall): void {
    call.entered = true
    if (call.unacknowledged === 0) call.settled(call.failure)
    this.#planFlush()
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
      this.#underWay.add(batch)
      this.#delivery.deliver({ topic: route.topic, partition, bytes: builder.build() }, (failure, appended) => {
        batch.appended = appended
        this.#acknowledge(batch, failure)
        if (!this.#delivery.isBusy) this.#open.flush()
        this.#pump()
        this.#wake()
        this.#flushed(batch)
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
  }

  #flushed(batch: SentBatch): void {
    this.#underWay.delete(batch)
    for (const { left, resolve } of this.#flushes) if (left.delete(batch) && left.size === 0) resolve()
    if (this.#flushes.length > 0) this.#flushes = this.#flushes.filter(({ left }) => left.size > 0)
  }
}
