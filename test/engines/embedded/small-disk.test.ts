import { describe, expect, it, onTestFinished } from 'vitest'
import type { Engine } from '../../../src/contracts/engine.ts'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { ownerLock } from '../../../src/engines/embedded/owner-lock.ts'
import { openReadOnly } from '../../../src/engines/embedded/read-only-engine.ts'
import { diskStorage } from '../../../src/log/disk-storage.ts'
import { systemRandom } from '../../../src/millrace/system.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { batch, valuesOf } from '../../../src/testing/conformance/records.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { noSmallDisk, type SmallDisk, smallDisk } from '../../support/small-disk.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const topic = 't'
const diskBytes = 24 * 1024 * 1024
const rounds = 6
const skipped = noSmallDisk()
if (skipped !== undefined) console.warn(`SKIPPED: no test on a disk that really is full, since ${skipped}`)

/** An engine on a small disk, and what it must have. */
class World {
  readonly disk: SmallDisk
  engine: Engine | undefined
  /** Lets go of the lock as a process does that is killed. */
  #unlock = () => {}
  readonly #durability: 'power' | 'process'
  readonly #random: () => number
  readonly acknowledged: string[][] = [[], []]
  /** Refused for now: it may come through later, or never. */
  readonly refused = new Set<string>()
  #count = 0

  constructor(disk: SmallDisk, durability: 'power' | 'process', random: () => number) {
    this.disk = disk
    this.#durability = durability
    this.#random = random
  }

  below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  /** Whether it could be opened; where it could not, there was no room. */
  async open(): Promise<boolean> {
    const storage = diskStorage(this.disk.path)
    const lock = ownerLock({ path: this.disk.path, storage, pid: process.pid })
    const opened = await openEmbedded({
      name: 'small',
      storage,
      durability: this.#durability,
      persistent: true,
      clock: new VirtualClock(),
      random: systemRandom,
      journalBytes: 2 * 1024 * 1024,
      lock: () => {
        const taken = lock()
        if (taken._tag === 'Left') return taken
        this.#unlock = () => {
          this.#unlock = () => {}
          taken.right()
        }
        return { ...taken, right: () => this.#unlock() }
      },
    })()
    if (opened._tag === 'Left') expect(opened.left).toMatchObject({ code: 'storage-full', kind: 'retriable' })
    this.engine = opened._tag === 'Right' ? opened.right : undefined
    return this.engine !== undefined
  }

  /** Makes the topic if it is not there; false where there is no room for it. */
  async create(): Promise<boolean> {
    const { topics } = this.#open
    if ((await ok(topics.describe([topic]))).length > 0) return true
    const made = await topics.create({ name: topic, partitions: 2, config: { 'segment.bytes': 256 * 1024 } })()
    if (made._tag === 'Left') expect(made.left).toMatchObject({ code: 'storage-full', kind: 'retriable' })
    return made._tag === 'Right'
  }

  /** Until there is no room, or `most` batches are through. Answers whether there was none. */
  async write(most: number): Promise<boolean> {
    const producer = await this.#open.producer()()
    if (producer._tag === 'Left') {
      expect(producer.left.code).toBe('storage-full')
      return true
    }
    for (let n = 0; n < most; n++) {
      const partition = this.below(2)
      const value = `${this.#count++} ${'x'.repeat(this.below(60_000))}`
      const appended = await producer.right.append([batch(topic, partition, [value])])()
      if (appended._tag === 'Right') this.acknowledged[partition]?.push(value)
      else {
        expect(appended.left).toMatchObject({ code: 'storage-full', kind: 'retriable' })
        this.refused.add(value)
        return true
      }
    }
    return false
  }

  /** There is room: the first to write may be told that there was none, and finds out. */
  async recover(): Promise<void> {
    await this.write(1)
    expect(await this.write(20)).toBe(false)
  }

  /** Everything acknowledged is there, in order and once, and nothing else but what was refused for now. */
  verify(): Promise<void> {
    return this.#verify(this.#open)
  }

  /** Where there is no room to open it, it can be read all the same. */
  async verifyReadOnly(): Promise<void> {
    const storage = diskStorage(this.disk.path)
    const engine = await ok(
      openReadOnly({ name: 'small', storage, clock: new VirtualClock(), random: systemRandom, isOwned: () => false }),
    )
    await this.#verify(engine)
    await ok(engine.close())
  }

  async #verify(engine: Engine): Promise<void> {
    for (const [partition, wanted] of this.acknowledged.entries()) {
      const found = await valuesOf(engine, topic, partition)
      expect(new Set(found).size).toBe(found.length)
      expect(found.filter((value) => !this.refused.has(value)).map(headOf)).toEqual(wanted.map(headOf))
    }
  }

  close(): Promise<unknown> {
    return this.#open.close()()
  }

  kill(): void {
    this.#unlock()
  }

  get #open(): Engine {
    if (this.engine === undefined) throw new Error('it is not open')
    return this.engine
  }
}

/** Its number, for messages that can be read. */
const headOf = (value: string): string => value.slice(0, value.indexOf(' '))

const onSmallDisk = async (
  durability: 'power' | 'process',
  seed: number,
  work: (world: World) => Promise<void>,
): Promise<void> => {
  const disk = smallDisk(diskBytes)
  onTestFinished(disk.remove)
  const world = new World(disk, durability, seededRandom(seed))
  await work(world)
  await world.engine?.close()()
}

/** Somewhere from the very first bytes on. */
const someRoom = (world: World): number => world.below(2) * world.below(6_000_000) + world.below(100_000)

/** Fills the disk at a random point, from its first opening on; answers with an engine that has its topic. */
const fillUp = async (world: World): Promise<void> => {
  world.disk.leave(someRoom(world))
  while (!(await world.open()) || !(await world.create())) {
    if (world.engine !== undefined) await world.close()
    world.disk.free()
    world.disk.leave(someRoom(world))
  }
  if (await world.write(1_000)) return
  throw new Error('it was never full')
}

describe.skipIf(skipped !== undefined).each(['power', 'process'] as const)(
  'a disk that really is full at a random point (%s)',
  (durability) => {
    it.each(Array.from({ length: rounds }, (_, at) => at + 1))(
      'refuses writes and serves reads, and goes on without reopening once there is room (%i)',
      (seed) =>
        onSmallDisk(durability, seed, async (world) => {
          await fillUp(world)
          await world.verify()
          await world.write(3)
          world.disk.free()
          await world.recover()
          await world.verify()
        }),
    )

    it.each(Array.from({ length: rounds }, (_, at) => at + 1))(
      'loses nothing over a kill or a close, opened again while it is full or when there is room (%i)',
      (seed) =>
        onSmallDisk(durability, seed, async (world) => {
          await fillUp(world)
          for (let again = 0; again < 3; again++) {
            if (world.engine !== undefined) {
              if (world.below(2) === 0) world.kill()
              else await world.close()
            }
            if (await world.open()) {
              await world.verify()
              await world.write(3)
            } else await world.verifyReadOnly()
          }
          world.kill()
          world.disk.free()
          expect(await world.open()).toBe(true)
          await world.verify()
          await world.recover()
          await world.verify()
        }),
    )
  },
)
