import { describe, expect, it } from 'vitest'
import type { Engine } from '../../../src/contracts/engine.ts'
import type { Random } from '../../../src/contracts/random.ts'
import type { Storage } from '../../../src/contracts/storage.ts'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { batch, valuesOf } from '../../../src/testing/conformance/records.ts'
import { type Crash, ForgetfulDisk } from '../../../src/testing/forgetful-disk/forgetful-disk.ts'
import { chosenBy } from '../../support/chosen-by.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const topic = 'orders'

const idsFrom = (next: () => number): Random => ({
  next,
  id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)),
})

/** The topic as it should be: each partition's values; no partitions, no topic. */
type Partitions = readonly (readonly string[])[]

const open = async (storage: Storage, durability: 'power' | 'process', random: Random): Promise<Engine> =>
  ok(
    openEmbedded({
      name: 'f',
      storage,
      durability,
      persistent: true,
      clock: new VirtualClock(),
      random,
      journalBytes: 64 * 1024,
    }),
  )

/** A program that makes, grows and deletes a topic, and knows what it should find after a crash. */
class TopicLife {
  /** As it was when the last call had answered. */
  now: Partitions = []
  /** As it is once the call under way has answered. */
  next: Partitions = []
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async create(count: number): Promise<void> {
    const made = Array.from({ length: count }, () => [])
    await this.#change(made, () => ok(this.#engine.topics.create({ name: topic, partitions: count, config: {} })))
    await this.#fill(0)
  }

  async grow(count: number): Promise<void> {
    const from = this.now.length
    const grown = [...this.now, ...Array.from({ length: count - from }, () => [])]
    await this.#change(grown, () => ok(this.#engine.topics.grow(topic, count)))
    await this.#fill(from)
  }

  delete(): Promise<void> {
    return this.#change([], () => ok(this.#engine.topics.delete(topic)))
  }

  /** Only what is new may be there, and takes records. */
  async #fill(from: number): Promise<void> {
    expect(await foundIn(this.#engine)).toEqual(this.now)
    const producer = await ok(this.#engine.producer())
    for (const partition of this.now.keys()) {
      if (partition < from) continue
      const value = `${this.now.length} partitions`
      const filled = this.now.map((values, at) => (at === partition ? [...values, value] : values))
      await this.#change(filled, () => ok(producer.append([batch(topic, partition, [value])])))
    }
  }

  async #change(next: Partitions, change: () => Promise<unknown>): Promise<void> {
    this.next = next
    await change()
    this.now = next
  }
}

const foundIn = async (engine: Engine): Promise<Partitions> => {
  const [described] = await ok(engine.topics.describe([topic]))
  const found: string[][] = []
  for (let at = 0; at < (described?.partitions ?? 0); at++) found.push(await valuesOf(engine, topic, at))
  return found
}

/** What lies in the directory beside the engine's own files. */
const directoriesIn = (storage: Storage): readonly string[] => storage.list('').filter((name) => name.startsWith(topic))

const directoriesOf = (partitions: Partitions): readonly string[] => partitions.map((_, at) => `${topic}-${at}`)

const work = async (engine: Engine, life: TopicLife): Promise<void> => {
  await life.create(3)
  await life.grow(5)
  await life.delete()
  await life.create(2)
  await life.grow(4)
  await life.delete()
  await life.create(1)
  await ok(engine.close())
}

/** The name is used again, with fewer partitions and with more than ever. */
const goOn = async (engine: Engine, found: Partitions): Promise<Partitions> => {
  const life = new TopicLife(engine)
  life.now = found
  if (found.length > 0) {
    await life.grow(found.length + 2)
    await life.delete()
  }
  await life.create(1)
  await life.grow(6)
  await ok(engine.close())
  return life.now
}

const crashes: readonly (readonly [Crash, 'power' | 'process'])[] = [
  ['power', 'power'],
  ['kill', 'power'],
  ['kill', 'process'],
]

describe('a topic that is made, grown and deleted, and a crash at any write and any sync', () => {
  it.each(crashes)(
    'leaves it as before or after, with its directories and no others (%s, %s)',
    async (crash, durability) => {
      for (let at = 1, crashed = true; crashed; at++) {
        const disk = new ForgetfulDisk(chosenBy(seededRandom(at)))
        const random = idsFrom(seededRandom(1_000 + at))
        const storage = disk.storage()
        const engine = await open(storage, durability, random)
        disk.crash = crash
        disk.crashAt = disk.operations + at
        const life = new TopicLife(engine)
        await work(engine, life).catch((error: unknown) => {
          if (!disk.isDead) throw error
        })
        crashed = disk.isDead
        try {
          const again = disk.restart()
          const reopened = await open(again, durability, random)
          const found = await foundIn(reopened)
          expect([life.now, life.next]).toContainEqual(found)
          expect(directoriesIn(again)).toEqual(directoriesOf(found))
          const left = await goOn(reopened, found)
          const last = await open(again, durability, random)
          expect(await foundIn(last)).toEqual(left)
          expect(directoriesIn(again)).toEqual(directoriesOf(left))
        } catch (error) {
          throw new Error(`crashed at operation ${at}`, { cause: error })
        }
      }
    },
    120_000,
  )
})
