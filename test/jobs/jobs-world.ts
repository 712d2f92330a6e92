import * as E from 'fp-ts/lib/Either.js'
import type { AnyDelayed } from '../../src/contracts/delayed.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import type { Random } from '../../src/contracts/random.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import type { AnyTopic, Topic } from '../../src/contracts/topic.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import type { Millrace } from '../../src/index.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import { ForgetfulDisk } from '../../src/testing/forgetful-disk/forgetful-disk.ts'
import { chosenBy } from '../support/chosen-by.ts'
import { rightOf } from '../support/right-of.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/** A connection to an embedded engine, on a disk that can die and a clock that stands still until it is told to go on. */
export class JobsWorld {
  readonly disk: ForgetfulDisk
  readonly #random: Random
  clock: VirtualClock = new VirtualClock()
  #millrace: Millrace | undefined
  engine: Engine | undefined
  readonly warnings: string[] = []

  constructor(seed = 1) {
    const next = seededRandom(seed)
    this.disk = new ForgetfulDisk(chosenBy(seededRandom(seed + 1)))
    this.#random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  }

  get millrace(): Millrace {
    if (this.#millrace === undefined) throw new Error('open it first')
    return this.#millrace
  }

  get now(): number {
    return this.clock.now()
  }

  /** The next process on this disk, `awayMs` after the one before has ended. */
  async open(awayMs = 0): Promise<Millrace> {
    const storage = this.disk.restart()
    this.clock = new VirtualClock(this.clock.now() + awayMs)
    const { clock } = this
    const opening = openEmbedded({
      name: 'disk:',
      storage,
      durability: 'power',
      persistent: true,
      clock,
      random: this.#random,
    })()
    const engine = rightOf(await this.while(opening))
    this.engine = engine
    this.#millrace = this.#connect('test', engine)
    return this.#millrace
  }

  /** Another connection of the process at hand; it may be closed by itself. */
  connection(clientId: string): Millrace {
    if (this.engine === undefined) throw new Error('open it first')
    return this.#connect(clientId, { ...this.engine, close: () => () => Promise.resolve(E.right(undefined)) })
  }

  #connect(clientId: string, engine: Engine): Millrace {
    const { engine: live, clock } = this
    return openMillrace({
      url: 'disk:',
      engine,
      clock,
      random: this.#random,
      clientId,
      send: {},
      // one whose process is dead complains in vain
      warn: (message) => void (this.engine === live && this.warnings.push(message)),
    })
  }

  /** Ends the process at once: what it was doing is left as it is. */
  kill(how: 'kill' | 'power' = 'kill'): void {
    this.engine = undefined
    this.disk.crash = how
    this.disk.die()
  }

  async close(): Promise<void> {
    await this.while(this.millrace.close())
  }

  /** Lets time pass, timer by timer. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms)
    // what the last timer has set in motion takes turns of the loop, and moments
    for (let turns = 0; turns < 20; turns++) await this.clock.advance(1)
  }

  /** Lets time pass until `promise` is settled. */
  async while<A>(promise: Promise<A>): Promise<A> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    for (let steps = 0; !isSettled; steps++) {
      if (steps > 50_000) throw new Error('nothing came of it')
      await this.clock.advance(1)
    }
    return promise
  }

  async create(...topics: readonly AnyTopic[]): Promise<void> {
    await this.while(this.millrace.create(...topics))
  }

  /** All that is in a topic, and is committed. */
  async read<K, V>(topic: Topic<K, V>): Promise<readonly StreamRecord<K, V>[]> {
    const records: StreamRecord<K, V>[] = []
    const reading = async () => {
      for await (const record of this.millrace.read(topic, { until: 'latest' })) records.push(record)
    }
    await this.while(reading())
    return records
  }

  /** Starts what moves `delayed`, and waits until it has done all that is commanded. */
  async moving(delayed: AnyDelayed): Promise<void> {
    await this.while(this.millrace.jobs(delayed).get('nobody'))
  }
}
