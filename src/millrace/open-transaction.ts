import { refuseArgument } from '../codec/arguments.ts'
import type { Clock } from '../contracts/clock.ts'
import type { CommittedOffset, TransactionalProducer } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Topic } from '../contracts/topic.ts'
import { checkSend } from './check-calls.ts'
import type { Consumer } from './consumer.ts'
import { type OpenBatch, OpenBatches } from './open-batches.ts'
import { encodeAll, KeyPlace, type Outgoing, RecordEncoding } from './outgoing.ts'
import { checkRecord, type Route, type Routes } from './routes.ts'

/** What may be done inside of `millrace.transaction`. */
export interface Transaction {
  /** Sends with the transaction: nobody who reads committed records sees them before, or without, its end. */
  readonly send: <K, V>(topic: Topic<K, V>, records: readonly Outgoing<NoInfer<K>, NoInfer<V>>[]) => Promise<void>
  /** Commits where `consumer` stands with the transaction: it reads on from there, or reads the same again. */
  readonly commitPosition: (consumer: Consumer<unknown, unknown>) => Promise<void>
}

const batchBytes = 128 * 1024

const answered = Promise.resolve()

/** What transactions, one after the other, gather their records in. */
export class Gathering {
  readonly open: OpenBatches<OpenBatch>
  /** In the order in which they filled up. */
  readonly full: OpenBatch[] = []
  readonly keyPlace: KeyPlace = new KeyPlace()

  constructor(routes: Routes) {
    this.open = new OpenBatches({ routes, batchBytes, make: (batch) => batch, full: (batch) => this.full.push(batch) })
  }

  /** Takes back all that is open, and what filled up since there were so many full ones. */
  drop(full: number): void {
    this.open.drop()
    this.full.length = full
  }
}

/** One transaction, from its beginning until all of it is with the engine. Decides nothing. */
export class OpenTransaction implements Transaction {
  readonly #producer: TransactionalProducer
  readonly #routes: Routes
  readonly #clock: Clock
  readonly #gathering: Gathering
  /** The last of what the engine was asked, one after the other; none where all is answered, and nothing went wrong. */
  #underWay: Promise<void> | undefined
  #asked = 0
  /** How many calls are under way: the end waits for them, awaited or not. */
  #calls = 0
  #ending: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined
  /** Records are being encoded: a codec that sends must wait. */
  #isEntering = false
  #ended = false

  constructor(o: {
    readonly producer: TransactionalProducer
    readonly routes: Routes
    readonly clock: Clock
    readonly gathering: Gathering
  }) {
    this.#producer = o.producer
    this.#routes = o.routes
    this.#clock = o.clock
    this.#gathering = o.gathering
  }

  readonly send = <K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): Promise<void> => {
    try {
      checkSend('tx.send', topic, records)
      this.#refuseAfterEnd(`send to '${topic.name}'`)
      if (!this.#entersAtOnce(topic, records)) return this.#counted(this.#enterLater(topic, records))
      return this.#gathering.full.length === 0 ? answered : this.#counted(this.#append())
    } catch (error) {
      return this.#counted(Promise.reject(error))
    }
  }

  /**
   * Encodes records into batches one by one, where nothing is under way and all can be taken back when one cannot be
   * written. False where the topic must be looked at first, or others are in the way: then nothing has happened.
   */
  #entersAtOnce<K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): boolean {
    const { open, full } = this.#gathering
    const route = this.#routes.known(topic.name)
    const { isEmpty } = open
    if (route === undefined || this.#calls > 0 || this.#isEntering || !(isEmpty || records.length === 1)) return false
    const fullBefore = full.length
    let isWhole = false
    this.#isEntering = true
    try {
      isWhole = this.#enterOneByOne(route, topic, records)
    } finally {
      this.#isEntering = false
      // a single one that is refused has not entered
      if (!isWhole && isEmpty) this.#gathering.drop(fullBefore)
    }
    return isWhole
  }

  #enterOneByOne<K, V>(route: Route, topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): boolean {
    const { open, keyPlace } = this.#gathering
    const encoding = new RecordEncoding(topic, this.#clock.now(), keyPlace)
    for (let index = 0; index < records.length; index++) {
      encoding.read(records[index] as Outgoing<K, V>, index)
      if ((encoding.partition ?? -1) >= route.partitions) return false
      checkRecord(route, encoding, index)
      open.add(route, encoding)
    }
    return true
  }

  async #enterLater<K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): Promise<void> {
    const { open, full } = this.#gathering
    const encoded = encodeAll(topic, records, this.#clock.now())
    const known = await this.#routes.find(topic.name)
    const route = (await this.#routes.check(known, encoded)) ?? known
    this.#refuseAfterEnd(`send to '${topic.name}'`)
    for (const record of encoded) open.add(route, record)
    if (full.length > 0) await this.#append()
  }

  readonly commitPosition = (consumer: Consumer<unknown, unknown>): Promise<void> =>
    this.#counted(this.#commitPosition(consumer))

  #commitPosition(consumer: Consumer<unknown, unknown>): Promise<void> {
    try {
      if (typeof consumer?.positions !== 'function')
        refuseArgument(
          'commitPosition(…)',
          'a consumer',
          consumer,
          'write tx.commitPosition(consumer), with one that millrace.consumer opened',
        )
      this.#refuseAfterEnd('commitPosition')
      const offsets = consumer
        .positions()
        .map(({ topic, partition, offset }) => ({ topic, partition, offset, metadata: '' }))
      return this.#last(this.#sendOffsets(consumer, offsets))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Notes that `call` is under way. */
  #counted(call: Promise<void>): Promise<void> {
    this.#calls++
    call.then(this.#over, this.#failed)
    return call
  }

  readonly #over = (): void => {
    this.#calls--
    if (this.#calls === 0) this.#ending?.resolve()
  }

  readonly #failed = (error: unknown): void => {
    this.#calls--
    this.#ending?.reject(error)
  }

  /** Waits for the calls under way, then appends what is still open. Rejects where one of them does. */
  async finish(): Promise<void> {
    while (this.#calls > 0) {
      await new Promise<void>((resolve, reject) => {
        this.#ending = { resolve, reject }
      })
    }
    this.#ended = true
    this.#gathering.open.flush()
    if (this.#gathering.full.length > 0) await this.#append()
    else if (this.#underWay !== undefined) await this.#underWay
  }

  /** Nothing may be sent from here on; resolves once nothing is under way, whatever became of it. */
  async giveUp(): Promise<void> {
    this.#ended = true
    await this.#underWay?.catch(() => undefined)
    this.#gathering.drop(0)
  }

  /** One call after the other: the batches of a partition keep their order, and none comes after the end. */
  #last(asked: Promise<void>): Promise<void> {
    this.#underWay = asked
    return asked
  }

  #append(): Promise<void> {
    return this.#last(this.#appendFull())
  }

  async #appendFull(): Promise<void> {
    const asked = ++this.#asked
    if (this.#underWay !== undefined) await this.#underWay
    const batches = this.#gathering.full.splice(0)
    if (batches.length > 0) {
      const unsealed = batches.map(({ route, partition, builder }) => ({
        topic: route.topic,
        partition,
        bytes: builder.build(),
      }))
      const answer = await this.#producer.append(unsealed)()
      if (answer._tag === 'Left') {
        for (const { topic } of unsealed) this.#routes.refused(topic, answer.left)
        throw new MillraceError(answer.left)
      }
    }
    this.#settled(asked)
  }

  async #sendOffsets(consumer: Consumer<unknown, unknown>, offsets: readonly CommittedOffset[]): Promise<void> {
    const asked = ++this.#asked
    if (this.#underWay !== undefined) await this.#underWay
    const answer = await this.#producer.sendOffsets(consumer.token(), offsets)()
    if (answer._tag === 'Left') throw new MillraceError(answer.left)
    this.#settled(asked)
  }

  /** The engine has answered: if that was the last of what it was asked, the next need not wait. */
  #settled(asked: number): void {
    if (asked === this.#asked) this.#underWay = undefined
  }

  #refuseAfterEnd(what: string): void {
    if (!this.#ended) return
    const message = `${what} after its transaction has ended: await everything inside of the function given to transaction()`
    throw new MillraceError(engineFailure('invalid-transaction-state', message))
  }
}
