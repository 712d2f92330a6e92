import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { never, type StateChange, type StateEntry } from '../../src/contracts/state-store.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { type MemoryStore, memoryStore } from '../../src/store/memory-store.ts'
import { readSnapshot, writeSnapshot } from '../../src/store/snapshot-file.ts'
import { entriesOf } from './state-store-laws.ts'

const name = 'p--s-changelog-0.snapshot'
const atOnce = () => Promise.resolve()
const change = fc.record({
  key: fc.uint8Array({ maxLength: 3, max: 5 }),
  value: fc.option(fc.uint8Array({ maxLength: 9 }), { nil: undefined, freq: 3 }),
  expiresAt: fc.constantFrom(never, 7, 1_800_000_000_123),
})
const hashed = (one: { key: Uint8Array; value: Uint8Array | undefined; expiresAt: number }): StateChange => ({
  ...one,
  hash: keyHash(one.key),
  expiresAt: one.value === undefined ? never : one.expiresAt,
})

const write = (storage: ReturnType<typeof memoryStorage>, store: MemoryStore, more: () => void = () => undefined) =>
  writeSnapshot({
    storage,
    name,
    store: {
      async *entries() {
        for await (const some of store.entries()) {
          yield some
          more()
        }
      },
    },
    standing: () => ({ changelogId: 'c1', position: store.position(), to: store.position() }),
    now: 5_000,
    breathe: atOnce,
  })

const read = async (storage: ReturnType<typeof memoryStorage>) => {
  const store = memoryStore()
  const outcome = await readSnapshot({
    storage,
    path: name,
    whyUseless: () => undefined,
    fill: (changes) => store.commit(changes, undefined),
    breathe: atOnce,
  })
  return { store, outcome }
}

describe('a snapshot', () => {
  it('has all that was there, and where it stood, however the changes went on while it was written', () =>
    fc.assert(
      fc.asyncProperty(fc.array(change), fc.array(fc.array(change, { maxLength: 5 })), async (before, meanwhile) => {
        const storage = memoryStorage()
        const store = memoryStore()
        store.commit(before.map(hashed), 10)
        const changelog: StateChange[] = []
        let position = 10
        await write(storage, store, () => {
          const changes = meanwhile.pop()?.map(hashed) ?? []
          changelog.push(...changes)
          store.commit(changes, ++position)
        })
        const copy = await read(storage)
        expect(copy.outcome).toMatchObject({
          _tag: 'read',
          standing: { changelogId: 'c1', from: 10, to: position, takenAt: 5_000 },
        })
        copy.store.commit(changelog, position)
        expect(await entriesOf(copy.store)).toEqual(await entriesOf(store))
      }),
    ))

  it('is known to be damaged, whichever byte of it is another, or missing', () =>
    fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1 }), fc.nat(), fc.boolean(), async (changes, which, isCut) => {
        const storage = memoryStorage()
        const store = memoryStore()
        store.commit(changes.map(hashed), 1)
        await write(storage, store)
        const file = storage.open(name, 'write')
        const at = which % file.size()
        const byte = new Uint8Array(1)
        file.read(byte, at)
        if (isCut) file.truncate(at)
        else file.write([Uint8Array.of((byte[0] as number) ^ 0x20)], at)
        expect((await read(storage)).outcome._tag).toBe('useless')
      }),
      { numRuns: 300 },
    ))

  it('leaves the one before it where it is given up', async () => {
    const storage = memoryStorage()
    const store = memoryStore()
    expect((await read(storage)).outcome).toEqual({ _tag: 'none' })
    await write(storage, store)
    const entry: StateEntry = { key: Uint8Array.of(1), value: new Uint8Array(), expiresAt: never }
    const given = writeSnapshot({
      storage,
      name,
      store: {
        async *entries() {
          yield [entry]
        },
      },
      standing: () => ({ changelogId: 'c2', position: 1, to: 1 }),
      now: 1,
      breathe: () => Promise.reject(new Error('no more')),
    })
    await expect(given).rejects.toThrow('no more')
    expect((await read(storage)).outcome).toMatchObject({ standing: { changelogId: 'c1' } })
    expect(storage.list('')).toEqual([name])
  })
})
