import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { engineFailure } from '../../src/contracts/failure.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { Routes } from '../../src/millrace/routes.ts'
import { Sender } from '../../src/millrace/sender.ts'
import { Transactions } from '../../src/millrace/transactions.ts'
import { keyedPartition } from '../../src/protocol/client/partitioner.ts'
import { rightOf } from '../support/right-of.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const numbers = topic('numbers', { key: text, value: int32 })
const keys = Array.from({ length: 20 }, (_, n) => `k${n}`)

/** A sender on an engine that others use as well. */
class SharedWorld {
  readonly clock = new VirtualClock()
  readonly #next = seededRandom(5)
  readonly random = {
    next: this.#next,
    id: () => Uint8Array.from({ length: 16 }, () => Math.floor(this.#next() * 256)),
  }
  /** How often the topic was looked at. */
  looks = 0
  isDown = false

  async open(partitions: number): Promise<{ engine: Engine; sender: Sender; transactions: Transactions }> {
    const { clock, random } = this
    const o = { name: 'memory:', storage: memoryStorage(), durability: 'process', persistent: false } as const
    const engine = rightOf(await this.while(openEmbedded({ ...o, clock, random })()))
    rightOf(await this.while(engine.topics.create({ name: numbers.name, partitions, config: {} })()))
    const describe: Engine['topics']['describe'] = (names) => async () => {
      this.looks += 1
      return this.isDown ? E.left(engineFailure('timed-out', 'no answer')) : engine.topics.describe(names)()
    }
    const watched = { ...engine, topics: { ...engine.topics, describe } }
    const routes = new Routes({ engine: watched, random, clock })
    const sender = new Sender({ engine: watched, routes, clock, options: {} })
    return { engine, sender, transactions: new Transactions({ engine: watched, routes, clock, clientId: 'c' }) }
  }

  async while<A>(promise: Promise<A>): Promise<A> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    // a turn of the loop at a time, so that no time passes that is not asked for
    for (let steps = 0; !isSettled && steps < 20_000; steps++) await this.clock.advance(0)
    if (!isSettled) throw new Error('nothing came of it')
    return promise
  }

  /** Where records of `keys` go now. */
  async partitionsOf(sender: Sender): Promise<readonly number[]> {
    const sent = await this.while(
      sender.send(
        numbers,
        keys.map((key, value) => ({ key, value })),
      ),
    )
    return keys.map((_, n) => sent.position(n).partition)
  }
}

const byHash = (partitions: number) => keys.map((key) => keyedPartition(text.encode(key) as Uint8Array, partitions))

describe('a topic that somebody else has grown', () => {
  it('is sent to by its new count ten seconds later at the latest, and not looked at more often', async () => {
    const world = new SharedWorld()
    const { engine, sender } = await world.open(2)
    expect(await world.partitionsOf(sender)).toEqual(byHash(2))
    rightOf(await engine.topics.grow(numbers.name, 5)())
    for (let n = 0; n < 9; n++) {
      await world.clock.advance(1_000)
      await world.partitionsOf(sender)
    }
    expect(world.looks).toBe(1)
    await world.clock.advance(1_000)
    expect(await world.partitionsOf(sender)).toEqual(byHash(5))
    for (let n = 0; n < 9; n++) await world.partitionsOf(sender)
    expect(world.looks).toBe(2)
  })

  it('takes records for its new partitions at once, in a transaction too', async () => {
    const world = new SharedWorld()
    const { engine, sender, transactions } = await world.open(2)
    await world.partitionsOf(sender)
    const last = [{ key: 'k', value: 7, partition: 4 }]
    await expect(world.while(sender.send(numbers, last))).rejects.toThrow('which has 0 to 1')
    rightOf(await engine.topics.grow(numbers.name, 5)())
    expect((await world.while(sender.send(numbers, last))).position(0)).toMatchObject({ partition: 4, offset: 0 })
    rightOf(await engine.topics.grow(numbers.name, 6)())
    await world.while(transactions.run((tx) => tx.send(numbers, [{ key: 'k', value: 7, partition: 5 }])))
  })

  it('is sent to as it was while the engine does not say', async () => {
    const world = new SharedWorld()
    const { sender } = await world.open(2)
    await world.partitionsOf(sender)
    world.isDown = true
    await world.clock.advance(20_000)
    expect(await world.partitionsOf(sender)).toEqual(byHash(2))
  })
})

describe('a topic that somebody else has created anew', () => {
  it('is looked at again once a partition of it is refused', async () => {
    const world = new SharedWorld()
    const { engine, sender } = await world.open(5)
    await world.partitionsOf(sender)
    rightOf(await engine.topics.delete(numbers.name)())
    rightOf(await engine.topics.create({ name: numbers.name, partitions: 2, config: {} })())
    await expect(world.partitionsOf(sender)).rejects.toMatchObject({ code: 'unknown-partition' })
    expect(await world.partitionsOf(sender)).toEqual(byHash(2))
  })
})
