import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { hasExpired, keyText, never, type StateChange, type StateStore } from '../../src/contracts/state-store.ts'
import { keyHash } from '../../src/store/key-hash.ts'

/** A store that the laws are told about. */
export interface StoreUnderLaws {
  readonly open: () => Promise<StateStore> | StateStore
  /** Runs of each law. */
  readonly numRuns: number
}

const keys = fc.oneof(
  fc.uint8Array({ maxLength: 2, max: 2 }),
  fc.constantFrom(40, 300, 70_000).map((length) => new Uint8Array(length).fill(7)),
)
const values = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(1_000, 30_000).map((length) => new Uint8Array(length).fill(1)) },
)

/** `key`, and what it is set to: for some time, for good, or not at all. */
const change = fc
  .record({
    key: keys,
    value: fc.option(values, { nil: undefined, freq: 3 }),
    expiresAt: fc.oneof(fc.constant(never), fc.integer({ min: 1, max: 10 })),
  })
  .map((one) => ({ ...one, hash: keyHash(one.key), expiresAt: one.value === undefined ? never : one.expiresAt }))
const commits = fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 12 })

/** What a store is to say, in plain words. */
export class ModelStore {
  readonly entries: Map<string, StateChange> = new Map()

  commit(changes: readonly StateChange[]): void {
    for (const one of changes) {
      if (one.value === undefined) this.entries.delete(keyText(one.key))
      else this.entries.set(keyText(one.key), one)
    }
  }

  get(key: Uint8Array, now: number): Uint8Array | undefined {
    const entry = this.entries.get(keyText(key))
    return entry === undefined || hasExpired(entry.expiresAt, now) ? undefined : entry.value
  }
}

const bytesOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : keyText(bytes)

export const entriesOf = async (store: StateStore): Promise<readonly string[]> => {
  const all: string[] = []
  for await (const some of store.entries())
    for (const { key, value, expiresAt } of some) all.push(`${keyText(key)}=${keyText(value)}@${expiresAt}`)
  return all.sort()
}

const entriesOfModel = (model: ModelStore): readonly string[] =>
  [...model.entries].map(([key, { value, expiresAt }]) => `${key}=${bytesOf(value)}@${expiresAt}`).sort()

/** What every state store obeys, wherever it keeps what it keeps. */
export const obeysStateStoreLaws = ({ open, numRuns }: StoreUnderLaws): void => {
  it('answers what a map does, at any time, and hands out all there is once', () =>
    fc.assert(
      fc.asyncProperty(commits, fc.integer({ min: 0, max: 11 }), async (all, now) => {
        const store = await open()
        const model = new ModelStore()
        for (const [position, changes] of all.entries()) {
          await store.commit(changes, position)
          model.commit(changes)
          for (const { key, hash } of all.flat())
            expect(bytesOf(store.get(key, hash, now))).toBe(bytesOf(model.get(key, now)))
        }
        expect(await entriesOf(store)).toEqual(entriesOfModel(model))
        expect(store.size() ?? model.entries.size).toBe(model.entries.size)
        await store.close()
      }),
      { numRuns },
    ))

  it('finds all that has expired, in as many looks as it takes, and nothing else', () =>
    fc.assert(
      fc.asyncProperty(
        commits,
        fc.integer({ min: 0, max: 11 }),
        fc.integer({ min: 1, max: 4 }),
        async (all, now, limit) => {
          const store = await open()
          const model = new ModelStore()
          for (const [position, changes] of all.entries()) {
            await store.commit(changes, position)
            model.commit(changes)
          }
          const expired = [...model.entries]
            .filter(([, { expiresAt }]) => hasExpired(expiresAt, now))
            .map(([key]) => key)
          const found = new Set<string>()
          for (let looks = 0; looks <= expired.length + 1; looks++) {
            const keys = await store.expired(now, limit)
            for (const key of keys) found.add(keyText(key))
            const removals = keys.map((key) => ({ key, hash: keyHash(key), value: undefined, expiresAt: never }))
            await store.commit(removals, all.length + looks)
            model.commit(removals)
          }
          expect([...found].sort()).toEqual(expired.sort())
          expect(await entriesOf(store)).toEqual(entriesOfModel(model))
          await store.close()
        },
      ),
      { numRuns },
    ))

  it('keeps nothing of the arrays that it was given, and gives away none of its own entries', async () => {
    const store = await open()
    const key = Uint8Array.of(1)
    const value = Uint8Array.of(2)
    await store.commit([{ key, hash: keyHash(key), value, expiresAt: never }], 1)
    value[0] = 9
    expect(bytesOf(store.get(key, keyHash(key), 0))).toBe('\x02')
    for await (const [entry] of store.entries()) entry?.value.fill(9)
    expect(bytesOf(store.get(key, keyHash(key), 0))).toBe('\x02')
    await store.close()
  })

  it('hands out once what is there throughout, whatever changes meanwhile', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 3_000 }), async (before, more) => {
        const store = await open()
        const put = (from: number, count: number, value: Uint8Array | undefined) =>
          store.commit(
            Array.from({ length: count }, (_, at) => {
              const key = Buffer.from(String(from + at))
              return { key, hash: keyHash(key), value, expiresAt: never }
            }),
            undefined,
          )
        await put(0, before, Uint8Array.of(1))
        const seen = new Map<string, number>()
        let isFirst = true
        for await (const some of store.entries()) {
          for (const { key } of some) seen.set(keyText(key), (seen.get(keyText(key)) ?? 0) + 1)
          if (!isFirst) continue
          isFirst = false
          await put(10_000, more, Uint8Array.of(2))
          await put(0, Math.floor(before / 2), undefined)
        }
        for (let at = Math.floor(before / 2); at < before; at++) expect(seen.get(String(at))).toBe(1)
        await store.close()
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    ))
}
