import type { Clock } from '../contracts/clock.ts'
import type { Engine, TransactionalProducer } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { settle } from '../contracts/settle.ts'
import { Gathering } from './gathering.ts'
import { OpenTransaction, type Transaction } from './open-transaction.ts'
import type { Routes } from './routes.ts'
import { settlePatiently } from './settle-patiently.ts'

/** What one transaction after the other uses: an id, and the producer that has it, where it may go on. */
interface Slot {
  readonly id: number
  readonly gathering: Gathering
  producer: TransactionalProducer | undefined
}

/**
 * Transactional producers, one for each transaction under way, used again one after the other.
 *
 * Their ids are `client/<client id>/<n>`, those of pipelines `pipeline/<name>/<instance>`, where no name holds a slash and
 * an instance without a name is `<client id>/<n>`, so that no two are the same: after a restart the same ids are taken
 * over, and what was open under them aborted.
 */
export class Transactions {
  readonly #o: { readonly engine: Engine; readonly routes: Routes; readonly clock: Clock; readonly clientId: string }
  readonly #timeoutMs = 60_000
  readonly #free: Slot[] = []
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
    const { routes, clock } = this.#o
    const slot = this.#free.pop() ?? { id: this.#made++, gathering: new Gathering(routes), producer: undefined }
    const { gathering } = slot
    let usable = false
    let producer: TransactionalProducer | undefined
    try {
      producer = slot.producer ?? (await this.#open(slot.id))
      const tx = new OpenTransaction({ producer, routes, clock, gathering })
      try {
        const answer = await work(tx)
        await tx.finish()
        await settlePatiently(clock, producer.commit(), true).catch(undecided)
        usable = true
        return answer
      } catch (error) {
        await tx.giveUp()
        usable = await this.#abort(producer, error)
        throw error
      }
    } finally {
      slot.producer = usable ? producer : undefined
      this.#free.push(slot)
    }
  }

  async close(): Promise<void> {
    const free = this.#free.splice(0)
    for (const { producer } of free) if (producer !== undefined) await settle(producer.close())
  }

  #open(id: number): Promise<TransactionalProducer> {
    const transactionalId = `client/${this.#o.clientId}/${id}`
    return settlePatiently(this.#o.clock, this.#o.engine.transactions({ transactionalId, timeoutMs: this.#timeoutMs }))
  }

  /** Whether the producer may go on. A commit of unknown outcome is settled by whoever takes the id over next. */
  async #abort(producer: TransactionalProducer, error: unknown): Promise<boolean> {
    if (error instanceof MillraceError && (error.kind === 'fatal' || error.kind === 'indeterminate')) return false
    const aborted = await producer.abort()()
    return aborted._tag === 'Right'
  }
}

/** A commit is asked for until it is decided: asking again waits for the same, which may come through when nobody asks any more. */
const undecided = (error: unknown): never => {
  const isOpen = error instanceof MillraceError && (error.kind === 'retriable' || error.kind === 'indeterminate')
  if (!isOpen) throw error
  const message = `the commit of a transaction had no answer for too long, and may come through all the same; the last attempt: ${error.message}`
  throw new MillraceError(engineFailure('timed-out', message, error))
}
