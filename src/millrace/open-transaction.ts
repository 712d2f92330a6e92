import { refuseArgument } from '../codec/arguments.ts'
import type { Clock } from '../contracts/clock.ts'
import type { CommittedOffset, TransactionalProducer } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Topic } from '../contracts/topic.ts'
import { checkSend } from './check-calls.ts'
import type { Consumer } from './consumer.ts'
import type { Gathering } from './gathering.ts'
import { type EncodedRecord, encodeAll, type Outgoing } from './outgoing.ts'
import type { Routes } from './routes.ts'

/** What may be done inside of `millrace.transaction`. */
export interface Transaction {
  /** Sends with the transaction: nobody who reads committed records sees them before, or without, its end. */
  readonly send: <K, V>(topic: Topic<K, V>, records: readonly Outgoing<NoInfer<K>, NoInfer<V>>[]) => Promise<void>
  /** Commits where `consumer` stands with the transaction: it reads on from there, or reads the same again. */
  readonly commitPosition: (consumer: Consumer<unknown, unknown>) => Promise<void>
}

const answered = Promise.resolve()

/** One transaction, from its beginning until all of it is with the engine. Decides nothing. */
export class OpenTransaction implements Transaction {
  readonly #producer: TransactionalProducer
  readonly #routes: Routes
  readonly #clock: Clock
  readonly #gathering: Gathering
  /** The last of what the engine was asked, one after the other; none where all is answered, and nothing went wrong. */
  #underWay: Promise<void> | undefined
  #asked = 0
  /** Resolves once the last call that could not enter at once has entered: those behind it wait for it. */
  #entering: Promise<void> | undefined
  /** How many calls are under way: the end waits for them, awaited or not. */
  #calls = 0
  #ending: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined
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
      return this.#gathering.hasFull ? this.#counted(this.#append()) : answered
    } catch (error) {
      return this.#counted(Promise.reject(error))
    }
  }

  /** Where nothing is under way, and nothing must be looked at first. */
  #entersAtOnce<K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): boolean {
    const route = this.#routes.known(topic.name)
    if (route === undefined || this.#calls > 0) return false
    return this.#gathering.enters(route, topic, records, this.#clock.now())
  }

  async #enterLater<K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): Promise<void> {
    const encoded = encodeAll(topic, records, this.#clock.now())
    const before = this.#entering
    let entered: () => void = () => undefined
    this.#entering = new Promise((resolve) => {
      entered = resolve
    })
    try {
      await before
      await this.#enter(topic, encoded)
    } finally {
      entered()
    }
    if (this.#gathering.hasFull) await this.#append()
  }

  async #enter<K, V>(topic: Topic<K, V>, encoded: readonly EncodedRecord[]): Promise<void> {
    const known = await this.#routes.find(topic.name)
    const route = (await this.#routes.check(known, encoded)) ?? known
    this.#refuseAfterEnd(`send to '${topic.name}'`)
    this.#gathering.add(route, encoded)
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
    this.#gathering.flush()
    if (this.#gathering.hasFull) await this.#append()
    else if (this.#underWay !== undefined) await this.#underWay
  }

  /** Nothing may be sent from here on; resolves once nothing is under way, whatever became of it. */
  async giveUp(): Promise<void> {
    this.#ended = true
    await this.#underWay?.catch(() => undefined)
    this.#gathering.drop()
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
    const batches = this.#gathering.take()
    if (batches.length > 0) {
      const answer = await this.#producer.append(batches)()
      if (answer._tag === 'Left') {
        for (const { topic } of batches) this.#routes.refused(topic, answer.left)
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
