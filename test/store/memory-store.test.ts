import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { never, type StateChange } from '../../src/contracts/state-store.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { entryBytes, memoryStore } from '../../src/store/memory-store.ts'
import { obeysStateStoreLaws } from './state-store-laws.ts'

const numbered = (at: number, value: Uint8Array | undefined, expiresAt: number = never): StateChange => {
  const key = Buffer.from(`key-${at}`)
  return { key, hash: keyHash(key), value, expiresAt }
}
const range = (count: number, of: (at: number) => StateChange) => Array.from({ length: count }, (_, at) => of(at))

describe('a store in memory', () => {
  obeysStateStoreLaws({ open: memoryStore, numRuns: 100 })

  it('takes little more than keys and values, also where they expire', () => {
    const count = 100_000
    for (const expiresAt of [never, 1_000]) {
      const store = memoryStore()
      store.commit(
        range(count, (at) => numbered(at, new Uint8Array(20), expiresAt)),
        1,
      )
      const content = store.sizeBytes() - count * entryBytes
      expect((store.heldBytes() - content) / count).toBeLessThan(60)
    }
  })

  it('takes no more after many changes of any length than at first, and next to nothing when all is gone', () => {
    const store = memoryStore()
    const count = 20_000
    // some of them, far apart, so that each buffer keeps others
    const set = (round: number, isTurn: (at: number) => boolean) =>
      store.commit(
        range(count, (at) => numbered(at, new Uint8Array((at * 7 + round * 13) % 100))).filter((_, at) => isTurn(at)),
        1,
      )
    set(0, () => true)
    const first = store.heldBytes()
    for (let round = 1; round < 15; round++) set(round, (at) => (at * 31 + round) % 7 === 0)
    expect(store.heldBytes()).toBeLessThan(first * 1.8)
    store.commit(
      range(count, (at) => numbered(at, undefined)),
      2,
    )
    expect(store.size()).toBe(0)
    expect(store.sizeBytes()).toBe(0)
    expect(store.heldBytes()).toBeLessThan(1_100_000)
  })

  it('takes in what another hands out as it takes anything in', async () => {
    const first = memoryStore()
    const count = 100_000
    first.commit(
      range(count, (at) => numbered(at, new Uint8Array(1))),
      1,
    )
    const second = memoryStore()
    // in the order of the first: a table that lay in the same would look through all of itself for each
    for await (const some of first.entries())
      second.commit(
        some.map((entry) => ({ ...entry, hash: keyHash(entry.key) })),
        undefined,
      )
    expect(second.size()).toBe(count)
  }, 5_000)

  it('counts exactly what it has, whatever comes and goes', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.option(fc.integer({ min: 0, max: 60 })))),
        (changes) => {
          const store = memoryStore()
          const model = new Map<number, number>()
          for (const [at, length] of changes) {
            store.commit([numbered(at, length === null ? undefined : new Uint8Array(length))], undefined)
            if (length === null) model.delete(at)
            else model.set(at, length)
          }
          let sizeBytes = 0
          for (const [at, length] of model) sizeBytes += `key-${at}`.length + length + entryBytes
          expect([store.size(), store.sizeBytes()]).toEqual([model.size, sizeBytes])
        },
      ),
    ))
})
