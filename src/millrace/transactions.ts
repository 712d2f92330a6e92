import { refuseArgument } from '../codec/arguments.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Engine, TransactionalProducer } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { settle } from '../contracts/settle.ts'
import type { Topic } from '../contracts/topic.ts'
import { checkSend } from './check-calls.ts'
import type { Consumer } from './consumer.ts'
import { type OpenBatch, OpenBatches } from './open-batches.ts'
import { encodeAll, type Outgoing } from './outgoing.ts'
import type { Routes } from './routes.ts'
import { settlePatiently } from './settle-patiently.ts'

/** What may be done inside of `millrace.transaction`. */
export interface Transaction {
  /** Sends with the transaction: nobody who reads committed records sees them before, or without, its end. */
  readonly send: <K, V>(topic: Topic<K, V>, records: readonly Outgoing<NoInfer<K>, NoInfer<V>>[]) => Promise<void>
  /** Commits where `consumer` stands with the transaction: it reads on from there, or reads the same again. */
  readonly commitPosition: (consumer: Consumer<unknown, unknown>) => Promise<void>
}

const batchBytes = 128 * 1024

class OpenTransaction implements Transaction {
  readonly #producer: TransactionalProducer
  readonly #routes: Routes
  readonly #clock: Clock
  readonly #open: OpenBatches<OpenBatch>
  #full: OpenBatch[] = []
  #underWay: Promise<void> = Promise.resolve()
  readonly #calls = new Set<Promise<void>>()
  #ended = false

  constructor(o: { readonly producer: TransactionalProducer; readonly routes: Routes; readonly clock: Clock }) {
    this.#producer = o.producer
    this.#routes = o.routes
    this.#clock = o.clock
    this.#open = new OpenBatches({
      routes: o.routes,
      batchBytes,
      make: (batch) => batch,
      full: (batch) => this.#full.push(batch),
    })
  }

  readonly send = <K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): Promise<void> =>
    this.#counted(this.#send(topic, records))

  async #send<K, V>(topic: Topic<K, V>, records: readonly Outgoing<K, V>[]): Promise<void> {
    checkSend('tx.send', topic, records)
    this.#refuseAfterEnd(`send to '${topic.name}'`)
    const encoded = encodeAll(topic, records, this.#clock.now())
    const known = await this.#routes.find(topic.name)
    const route = (await this.#routes.check(known, encoded)) ?? known
    this.#refuseAfterEnd(`send to '${topic.name}'`)
    for (const record of encoded) this.#open.add(route, record)
    if (this.#full.length > 0) await this.#append()
  }

  readonly commitPosition = (consumer: Consumer<unknown, unknown>): Promise<void> =>
    this.#counted(this.#commitPosition(consumer))

  async #commitPosition(consumer: Consumer<unknown, unknown>): Promise<void> {
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
    await this.#inTurn(() => settle(this.#producer.sendOffsets(consumer.token(), offsets)))
  }

  /** Notes that `call` is under way: the end waits for it, awaited or not. */
  #counted(call: Promise<void>): Promise<void> {
    this.#calls.add(call)
    const over = () => this.#calls.delete(call)
    call.then(over, over)
    return call
  }

  /** Waits for the calls under way, then appends what is still open. Rejects where one of them does. */
  async finish(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls)
    this.#ended = true
    this.#open.flush()
    await this.#append()
  }

  /** Nothing may be sent from here on; resolves once nothing is under way, whatever became of it. */
  async giveUp(): Promise<void> {
    this.#ended = true
    await this.#underWay.catch(() => undefined)
  }

  #append(): Promise<void> {
    return this.#inTurn(async () => {
      const batches = this.#full
      this.#full = []
      if (batches.length === 0) return
      const unsealed = batches.map(({ route, partition, builder }) => ({
        topic: route.topic,
        partition,
        bytes: builder.build(),
      }))
      const answer = await this.#producer.append(unsealed)()
      if (answer._tag === 'Right') return
      for (const { topic } of unsealed) this.#routes.refused(topic, answer.left)
      throw new MillraceError(answer.left)
    })
  }

  /** One call after the other: the batches of a partition keep their order, and none comes after the end. */
  #inTurn(call: () => Promise<void>): Promise<void> {
    this.#underWay = this.#underWay.then(call)
    return this.#underWay
  }

  #refuseAfterEnd(what: string): void {
    if (!this.#ended) return
    const message = `${what} after its transaction has ended: await everything inside of the function given to transaction()`
    throw new MillraceError(engineFailure('invalid-transaction-state', message))
  }
}

/**
 * Transactional producers, one for each transaction under way, used again one after the other.
 *
 * Their ids are `client/<client id>/<n>`, those of pipelines `pipeline/<name>/<instance>`, and neither name of the latter can
 * hold a slash, so that no two are the same: after a restart the same ids are taken over, and what was open under them aborted.
 */
export class Transactions {
  readonly #o: { readonly engine: Engine; readonly routes: Routes; readonly clock: Clock; readonly clientId: string }
  readonly #timeoutMs = 60_000
  readonly #free: { readonly id: number; readonly producer: Promise<TransactionalProducer> | undefined }[] = []
  #made = 0

  constructor(o: {
    readonly engine: Engine
    readonly routes: Routes
    readonly clock: Clock
    readonly clientId: string
  }) {
    this.#o = o
  }

  /** See `Millrace.transaction`. */
  async run<A>(work: (tx: Transaction) => Promise<A>): Promise<A> {
    const { id, producer: made } = this.#free.pop() ?? { id: this.#made++, producer: undefined }
    const opening = made ?? this.#open(id)
    let usable = false
    try {
      const producer = await opening
      const tx = new OpenTransaction({ producer, routes: this.#o.routes, clock: this.#o.clock })
      try {
        const answer = await work(tx)
        await tx.finish()
        await this.#commit(producer)
        usable = true
        return answer
      } catch (error) {
        await tx.giveUp()
        usable = await this.#abort(producer, error)
        throw error
      }
    } finally {
      this.#free.push({ id, producer: usable ? opening : undefined })
    }
  }

  async close(): Promise<void> {
    const free = this.#free.splice(0)
    for (const { producer } of free) if (producer !== undefined) await settle((await producer).close())
  }

  #open(id: number): Promise<TransactionalProducer> {
    const transactionalId = `client/${this.#o.clientId}/${id}`
    return settlePatiently(this.#o.clock, this.#o.engine.transactions({ transactionalId, timeoutMs: this.#timeoutMs }))
  }

  /** Asks until it is decided: asking again waits for the same commit, which may come through when nobody asks any more. */
  async #commit(producer: TransactionalProducer): Promise<void> {
    try {
      await settlePatiently(this.#o.clock, producer.commit(), true)
    } catch (error) {
      const isOpen = error instanceof MillraceError && (error.kind === 'retriable' || error.kind === 'indeterminate')
      if (!isOpen) throw error
      const message = `the commit of a transaction had no answer for too long, and may come through all the same; the last attempt: ${error.message}`
      throw new MillraceError(engineFailure('timed-out', message, error))
    }
  }

  /** Whether the producer may go on. A commit of unknown outcome is settled by whoever takes the id over next. */
  async #abort(producer: TransactionalProducer, error: unknown): Promise<boolean> {
    if (error instanceof MillraceError && (error.kind === 'fatal' || error.kind === 'indeterminate')) return false
    const aborted = await producer.abort()()
    return aborted._tag === 'Right'
  }
}
