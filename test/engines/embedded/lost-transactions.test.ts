import { describe, expect, it } from 'vitest'
import type { Storage } from '../../../src/contracts/storage.ts'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { batch, valuesOf } from '../../../src/testing/conformance/records.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const opened = (storage: Storage, durability: 'process' | 'power' = 'process') => {
  const next = seededRandom(1)
  const random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  const clock = new VirtualClock()
  return ok(openEmbedded({ name: 'f', storage, durability, persistent: true, clock, random }))
}

describe.each(['process', 'power'] as const)('a transaction that a kill leaves open, %s', (durability) => {
  it('is aborted by the next opening, and the one before it stays', async () => {
    const storage = memoryStorage()
    const engine = await opened(storage, durability)
    await ok(engine.topics.create({ name: 't', partitions: 2, config: {} }))
    const tx = await ok(engine.transactions({ transactionalId: 'x', timeoutMs: 60_000 }))
    for (const value of ['first', 'second']) {
      await ok(tx.append([batch('t', 0, [value]), batch('t', 1, [value])]))
      await ok(tx.commit())
    }
    await ok(tx.append([batch('t', 0, ['open']), batch('t', 1, ['open'])]))
    const producer = await ok(engine.producer())
    await ok(producer.append([batch('t', 0, ['behind it'])]))

    for (const value of ['anew', 'and again']) {
      const next = await opened(storage, durability)
      const [position] = await ok(next.reader.offsets([{ topic: 't', partition: 0, at: 'latest' }], 'read_uncommitted'))
      expect(await ok(next.reader.settled([{ topic: 't', partition: 0 }]))).toEqual([position])
      const again = await ok(next.transactions({ transactionalId: 'x', timeoutMs: 60_000 }))
      await ok(again.append([batch('t', 0, [value])]))
      await ok(again.commit())
      await ok(again.append([batch('t', 0, ['open again'])]))
    }
    const last = await opened(storage, durability)
    expect(await valuesOf(last, 't')).toEqual(['first', 'second', 'behind it', 'anew', 'and again'])
    expect(await valuesOf(last, 't', 1)).toEqual(['first', 'second'])
  })
})

describe.each(['closed', 'killed'] as const)('a directory without an open transaction, %s', (how) => {
  it('gets no marker once more when it is opened', async () => {
    const storage = memoryStorage()
    const engine = await opened(storage)
    await ok(engine.topics.create({ name: 't', partitions: 1, config: {} }))
    const tx = await ok(engine.transactions({ transactionalId: 'x', timeoutMs: 60_000 }))
    await ok(tx.append([batch('t', 0, ['kept'])]))
    await ok(tx.commit())
    if (how === 'closed') await ok(engine.close())
    const end = async () => {
      const next = await opened(storage)
      const [position] = await ok(next.reader.offsets([{ topic: 't', partition: 0, at: 'latest' }], 'read_uncommitted'))
      if (how === 'closed') await ok(next.close())
      return position?.offset
    }
    expect([await end(), await end()]).toEqual([2, 2])
  })
})

describe('a transaction of which only its records were left', () => {
  it('is aborted by the next opening, and holds nobody back', async () => {
    const storage = memoryStorage()
    const engine = await opened(storage)
    await ok(engine.topics.create({ name: 't', partitions: 1, config: {} }))
    const tx = await ok(engine.transactions({ transactionalId: 'x', timeoutMs: 60_000 }))
    await ok(tx.append([batch('t', 0, ['lost'])]))
    const producer = await ok(engine.producer())
    await ok(producer.append([batch('t', 0, ['behind it'])]))
    const [log] = storage.list('__transaction_state-0').filter((name) => name.endsWith('.log'))
    storage.open(`__transaction_state-0/${log}`, 'write').truncate(0)

    const next = await opened(storage)
    expect(await valuesOf(next, 't')).toEqual(['behind it'])
    const again = await ok(next.transactions({ transactionalId: 'x', timeoutMs: 60_000 }))
    await ok(again.append([batch('t', 0, ['anew'])]))
    await ok(again.commit())
    expect(await valuesOf(next, 't')).toEqual(['behind it', 'anew'])
  })

  it('is not in the way of the next, where the record of its producer is older', async () => {
    const storage = memoryStorage()
    const engine = await opened(storage)
    await ok(engine.topics.create({ name: 't', partitions: 1, config: {} }))
    const tx = await ok(engine.transactions({ transactionalId: 'x', timeoutMs: 60_000 }))
    const commit = async (value: string) => {
      await ok(tx.append([batch('t', 0, [value])]))
      await ok(tx.commit())
    }
    await commit('first')
    const [log] = storage.list('__transaction_state-0').filter((name) => name.endsWith('.log'))
    const records = storage.open(`__transaction_state-0/${log}`, 'write')
    const size = records.size()
    for (const value of ['second', 'third', 'fourth']) await commit(value)
    records.truncate(size)

    const next = await opened(storage)
    const again = await ok(next.transactions({ transactionalId: 'x', timeoutMs: 60_000 }))
    await ok(again.append([batch('t', 0, ['anew'])]))
    await ok(again.commit())
    expect(await valuesOf(next, 't')).toEqual(['first', 'second', 'third', 'fourth', 'anew'])
  })
})

describe('a decision that a loss of power has set beside another transaction of its producer', () => {
  const logOf = (storage: Storage, partition: string) => {
    const [log] = storage.list(partition).filter((name) => name.endsWith('.log'))
    return storage.open(`${partition}/${log}`, 'write')
  }

  it.each([
    ['an earlier one, that was given up', 't-0'],
    ['a later one, that was under way', '__transaction_state-0'],
  ])('does not commit %s', async (_which, behind) => {
    const storage = memoryStorage()
    const engine = await opened(storage)
    for (const name of ['t', 'u']) await ok(engine.topics.create({ name, partitions: 1, config: {} }))
    const tx = await ok(engine.transactions({ transactionalId: 'x', timeoutMs: 60_000 }))
    const producer = await ok(engine.producer())
    const attempt = async (value: string) => {
      await ok(tx.append([batch('t', 0, [value])]))
      // what is open is written with whatever is committed next
      await ok(producer.append([batch('u', 0, ['-'])]))
    }
    await attempt('given up')
    const size = logOf(storage, 't-0').size()
    await ok(tx.abort())
    await attempt('kept')
    await ok(tx.commit())
    const decided = logOf(storage, '__transaction_state-0').size()
    await attempt('under way')
    if (behind === 't-0') logOf(storage, behind).truncate(size)
    else logOf(storage, behind).truncate(decided)

    const next = await opened(storage)
    expect(await valuesOf(next, 't')).toEqual(behind === 't-0' ? [] : ['kept'])
    const again = await ok(next.transactions({ transactionalId: 'x', timeoutMs: 60_000 }))
    await ok(again.append([batch('t', 0, ['anew'])]))
    await ok(again.commit())
    expect(await valuesOf(next, 't')).toEqual(behind === 't-0' ? ['anew'] : ['kept', 'anew'])
  })
})
