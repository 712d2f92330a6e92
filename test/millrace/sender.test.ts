import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerBytes } from '../../src/batch/record-batch.ts'
import { bytes } from '../../src/codec/bytes.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine, UnsealedBatch } from '../../src/contracts/engine.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { Routes } from '../../src/millrace/routes.ts'
import { Sender, type SendOptions } from '../../src/millrace/sender.ts'
import { fullStorage } from '../support/full-storage.ts'
import { rightOf } from '../support/right-of.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const partitions = 2
const blobs = topic('blobs', { key: int32, value: bytes, partitions })
/** What a record takes beside its value: four bytes of key, and what is counted for varints and lengths. */
const besideValue = 36

/**
 * A sender over an engine that takes its time, on a disk that may be full. Written at once: a journal has room laid ahead, and
 * takes records all the same.
 */
class SlowWorld {
  readonly clock = new VirtualClock()
  readonly storage = fullStorage(memoryStorage())
  readonly #next = seededRandom(3)
  readonly random = {
    next: this.#next,
    id: () => Uint8Array.from({ length: 16 }, () => Math.floor(this.#next() * 256)),
  }
  /** Bytes of records that the engine was handed and has not answered, and the most there were at once. */
  unanswered = 0
  most = 0

  async sender(options: SendOptions): Promise<Sender> {
    const { clock, random, storage } = this
    const opening = openEmbedded({ name: 'disk:', storage, durability: 'process', persistent: true, clock, random })()
    const engine = rightOf(await this.while(opening))
    rightOf(await this.while(engine.topics.create({ name: blobs.name, partitions, config: {} })()))
    return new Sender({ engine: this.#slow(engine), routes: new Routes({ engine, random, clock }), clock, options })
  }

  async while<A>(promise: Promise<A>): Promise<A> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    for (let steps = 0; !isSettled && steps < 20_000; steps++) await this.clock.advance(10)
    if (!isSettled) throw new Error('nothing came of it')
    return promise
  }

  #slow(engine: Engine): Engine {
    return {
      ...engine,
      producer: () => async () => {
        const producer = rightOf(await engine.producer()())
        const append = (batches: readonly UnsealedBatch[]) => async () => {
          const sizeBytes = batches.reduce((sum, { bytes }) => sum + bytes.length - headerBytes, 0)
          this.unanswered += sizeBytes
          this.most = Math.max(this.most, this.unanswered)
          await new Promise<void>((resolve) => this.clock.after(5, resolve))
          const answer = await producer.append(batches)()
          this.unanswered -= sizeBytes
          return answer
        }
        return { _tag: 'Right', right: { append, close: producer.close } }
      },
    }
  }
}

describe('what waits to be acknowledged', () => {
  it('is at most the buffer and one record, however many sends there are; all of them come through', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(300), { maxLength: 6 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 100, max: 1_000 }),
        async (calls, bufferBytes, batchBytes) => {
          const world = new SlowWorld()
          const sender = await world.sender({ bufferBytes, batchBytes })
          const sends = calls.map((sizes) =>
            sender.send(
              blobs,
              sizes.map((size, key) => ({ key, value: new Uint8Array(size) })),
            ),
          )
          const sent = await world.while(Promise.all(sends))
          expect(sent.map(({ count }) => count)).toEqual(calls.map(({ length }) => length))
          expect(world.most).toBeLessThanOrEqual(bufferBytes + Math.max(0, ...calls.flat()) + besideValue)
          await world.while(sender.close())
        },
      ),
      { numRuns: 30 },
    ))

  it('waits while the disk is full, a flush with it, and goes on in order once there is room', async () => {
    const world = new SlowWorld()
    const bufferBytes = 500
    const sender = await world.sender({ bufferBytes, batchBytes: 200 })
    const record = { key: 0, value: new Uint8Array(100) }
    await world.while(sender.send(blobs, [record]))
    world.storage.room = 0
    const settled: number[] = []
    const sends = Array.from({ length: 40 }, (_, n) => sender.send(blobs, [record]).finally(() => settled.push(n)))
    let flushedAfter = -1
    const flushed = sender.flush().then(() => {
      flushedAfter = settled.length
    })
    for (let n = 0; n < 500; n++) await world.clock.advance(10)
    expect([settled, flushedAfter]).toEqual([[], -1])
    world.storage.room = Number.POSITIVE_INFINITY
    const sent = await world.while(Promise.all(sends))
    expect(sent.map((one) => one.position(0).offset)).toEqual(sends.map((_, n) => n + 1))
    expect(settled).toEqual(sends.map((_, n) => n))
    expect(world.most).toBeLessThanOrEqual(bufferBytes + 100 + besideValue)
    await world.while(flushed)
    expect(flushedAfter).toBe(sends.length)
    await world.while(sender.close())
  })
})
