import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { readRecords } from '../../src/batch/read-records.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import type { Random } from '../../src/contracts/random.ts'
import { keyText } from '../../src/contracts/state-store.ts'
import type { Barrier, Tier } from '../../src/contracts/tier.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import type { Described } from '../../src/pipeline/plan.ts'
import { type Running, type RunOptions, runPipeline } from '../../src/pipeline/run.ts'
import { ForgetfulDisk } from '../../src/testing/forgetful-disk/forgetful-disk.ts'
import { chosenBy } from '../support/chosen-by.ts'
import { rightOf } from '../support/right-of.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

export interface Sent {
  readonly key: string | null
  readonly value: unknown
}

/** Where records of a run's own wait. */
export interface Waits {
  readonly tiers?: readonly Tier[]
  readonly barrier?: Barrier
  readonly ownsTopics?: boolean
  readonly snapshotBytes?: number
}

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

/** An embedded engine on a disk that can die, driven by a clock that stands still until it is told to go on. */
export class EmbeddedWorld {
  readonly disk: ForgetfulDisk
  readonly random: Random
  clock: VirtualClock = new VirtualClock()
  engine: Engine | undefined

  constructor(seed = 1) {
    const next = seededRandom(seed)
    this.disk = new ForgetfulDisk(chosenBy(seededRandom(seed + 1)))
    this.random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  }

  get live(): Engine {
    if (this.engine === undefined) throw new Error('open it first')
    return this.engine
  }

  /** The next process on this disk. */
  async open(): Promise<Engine> {
    const storage = this.disk.restart()
    this.clock = new VirtualClock()
    const opening = openEmbedded({
      name: 'disk:',
      storage,
      durability: 'power',
      persistent: true,
      clock: this.clock,
      random: this.random,
    })()
    this.engine = rightOf(await this.while(opening))
    return this.engine
  }

  async create(topics: readonly AnyTopic[], partitions: number): Promise<void> {
    for (const { name, config } of topics)
      rightOf(await this.while(this.live.topics.create({ name, partitions, config })()))
  }

  /** Appends records to one partition. */
  async append(topic: AnyTopic, partition: number, sent: readonly Sent[]): Promise<void> {
    if (sent.length === 0) return
    const producer = rightOf(await this.while(this.live.producer()()))
    const builder = new BatchBuilder({ compression: 'none' })
    for (const { key, value } of sent)
      builder.add(
        topic.key.encode(key),
        value instanceof Uint8Array ? value : topic.value.encode(value),
        noHeaders,
        1_000,
      )
    rightOf(await this.while(producer.append([{ topic: topic.name, partition, bytes: builder.build() }])()))
  }

  run(name: string, pipeline: Described, options: RunOptions = {}, waiting: Waits = {}): Promise<Running> {
    const { clock, random, live: engine } = this
    // biome-ignore lint/suspicious/noExplicitAny: described by hand
    const starting = runPipeline({ engine, name, pipeline: pipeline as any, options, ...waiting, clock, random })
    // who waits for it hears of it; a test that does not is not to end the process
    starting.then(
      ({ done }) => done.catch(() => undefined),
      () => undefined,
    )
    return this.while(starting)
  }

  /** Lets time pass, a little at a time, so that what takes turns of the loop comes along. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) await this.clock.advance(10)
  }

  /** Lets time pass until `promise` is settled. */
  async while<A>(promise: Promise<A>): Promise<A> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    for (let steps = 0; !isSettled; steps++) {
      if (steps > 20_000) throw new Error('nothing came of it')
      await this.clock.advance(10)
    }
    return promise
  }

  /** Lets time pass until all that is in the log is done. */
  caughtUp(running: Running): Promise<void> {
    const there = new Promise<void>((resolve, reject) => {
      const subscription = running.progress$.subscribe(({ lag }) => {
        if (lag > 0) return
        resolve()
        queueMicrotask(() => subscription.unsubscribe())
      })
      running.done.then(resolve, reject)
    })
    return this.while(there)
  }

  /** What readers of committed records find in a topic: `key=value`, partition by partition. */
  async committed(topic: AnyTopic, partitions: number): Promise<readonly (readonly string[])[]> {
    const found: string[][] = []
    for (let partition = 0; partition < partitions; partition++) {
      const at = { topic: topic.name, partition }
      const [end] = rightOf(await this.while(this.live.reader.settled([at])()))
      const records: string[] = []
      for (let offset = 0; offset < (end?.offset ?? 0); ) {
        const request = {
          positions: [{ ...at, offset }],
          isolation: 'read_committed',
          maxBytes: 1e6,
          maxWaitMs: 0,
        } as const
        const [fetched] = rightOf(await this.while(this.live.reader.fetch(request)()))
        for (const batch of fetched?.batches ?? [])
          rightOf(
            readRecords(batch, ({ key, value }) =>
              records.push(`${key === null ? '-' : keyText(key)}=${shown(topic, value)}`),
            ),
          )
        offset = fetched?.nextOffset ?? offset + 1
      }
      found.push(records)
    }
    return found
  }
}

const shown = (topic: AnyTopic, bytes: Uint8Array | null): string => {
  const read = topic.value.decode(bytes)
  return read._tag === 'Right' ? JSON.stringify(read.right) : 'unreadable'
}
