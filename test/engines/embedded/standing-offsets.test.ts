import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { countOf } from '../../../src/batch/record-batch.ts'
import type { CommittedOffset, Engine, GroupToken, TransactionalProducer } from '../../../src/contracts/engine.ts'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const outsider: GroupToken = { group: 'g', generation: -1, memberId: '' }

const opened = async (): Promise<Engine> => {
  const next = seededRandom(1)
  const random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  const storage = memoryStorage()
  const clock = new VirtualClock()
  const engine = await ok(openEmbedded({ name: 'm', storage, durability: 'power', persistent: false, clock, random }))
  await ok(engine.topics.create({ name: 't', partitions: 3, config: {} }))
  return engine
}

const taken = (engine: Engine, transactionalId: string): Promise<TransactionalProducer> =>
  ok(engine.transactions({ transactionalId, timeoutMs: 60_000 }))

const at = (...offsets: readonly number[]): CommittedOffset[] =>
  offsets.map((offset, partition) => ({ topic: 't', partition, offset, metadata: '' }))

const committed = async (engine: Engine): Promise<readonly number[]> => {
  const offsets = await ok(engine.groups.committed('g'))
  return [...offsets].sort((a, b) => a.partition - b.partition).map(({ offset }) => offset)
}

/** How many records of offsets there are. */
const written = async (engine: Engine): Promise<number> => {
  const positions = [{ topic: '__consumer_offsets', partition: 0, offset: 0 }]
  const isolation = 'read_committed'
  const fetched = await ok(engine.reader.fetch({ positions, isolation, maxBytes: 1e6, maxWaitMs: 0 }))
  return fetched.flatMap(({ batches }) => batches).reduce((sum, batch) => sum + countOf(batch), 0)
}

describe('offsets that a transaction commits as they are already', () => {
  it('are not written again, and those that have changed are', async () => {
    const engine = await opened()
    const tx = await taken(engine, 'x')
    for (const offsets of [at(0, 5, 7), at(3, 5, 7), at(3, 5, 7), at(3, 6, 7)]) {
      await ok(tx.sendOffsets(outsider, offsets))
      await ok(tx.commit())
    }
    expect(await committed(engine)).toEqual([3, 6, 7])
    expect(await written(engine)).toBe(3 + 1 + 0 + 1)
  })

  it('are written where their metadata is another', async () => {
    const engine = await opened()
    const tx = await taken(engine, 'x')
    for (const metadata of ['', 'why']) {
      await ok(tx.sendOffsets(outsider, [{ topic: 't', partition: 0, offset: 3, metadata }]))
      await ok(tx.commit())
    }
    const [offset] = await ok(engine.groups.committed('g'))
    expect(offset?.metadata).toBe('why')
  })

  it('count where another transaction is about to change them', async () => {
    const engine = await opened()
    const [first, second, third] = [await taken(engine, 'x'), await taken(engine, 'y'), await taken(engine, 'z')]
    await ok(first.sendOffsets(outsider, at(10)))
    await ok(first.commit())
    await ok(second.sendOffsets(outsider, at(20)))
    await ok(third.sendOffsets(outsider, at(10)))
    await ok(second.commit())
    await ok(third.commit())
    expect(await committed(engine)).toEqual([10])
  })

  it('count behind others of the same transaction', async () => {
    const engine = await opened()
    const tx = await taken(engine, 'x')
    await ok(tx.sendOffsets(outsider, at(10)))
    await ok(tx.commit())
    await ok(tx.sendOffsets(outsider, at(20)))
    await ok(tx.sendOffsets(outsider, at(10)))
    await ok(tx.commit())
    expect(await committed(engine)).toEqual([10])
  })

  it('are refused as any others are', async () => {
    const engine = await opened()
    const tx = await taken(engine, 'x')
    await ok(tx.sendOffsets(outsider, at(10)))
    await ok(tx.commit())
    const stranger = { ...outsider, generation: 4, memberId: 'nobody' }
    expect(await tx.sendOffsets(stranger, at(10))()).toMatchObject(E.left({ code: 'unknown-member' }))
  })
})
