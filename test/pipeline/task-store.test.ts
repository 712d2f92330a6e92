import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytes } from '../../src/codec/bytes.ts'
import { store } from '../../src/codec/store.ts'
import { keyText, never } from '../../src/contracts/state-store.ts'
import type { StateWrite } from '../../src/pipeline/task-store.ts'
import { TaskStore } from '../../src/pipeline/task-store.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { entryBytes, memoryStore } from '../../src/store/memory-store.ts'

/** All keys have one of four hashes, so that they are in one another's way. */
const hashOf = (key: number): number => [0, 15, 16, -1][key % 4] as number
const keyOf = (key: number): Uint8Array => Uint8Array.of(key)

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ _tag: fc.constant('write' as const), key: fc.nat(20), length: fc.option(fc.nat(9)) }),
  },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant('undo' as const), count: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant('join' as const) }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant('take' as const) }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant('commit' as const) }) },
)

const opened = (maxBytes?: number): TaskStore => {
  const declaration = store('s', { key: bytes, value: bytes, ...(maxBytes === undefined ? {} : { maxBytes }) })
  const owner = { pipeline: 'p', task: 3 }
  return new TaskStore({ declaration, changelog: { topic: 'c', recordBytesMax: 1e6 }, state: memoryStore(), owner })
}

type Model = Map<number, number>

/** Changes as a run makes them: they are gathered and may be taken back, join what is done, are taken, and committed in order. */
const driven = (
  task: TaskStore,
  steps: readonly (typeof step extends fc.Arbitrary<infer A> ? A : never)[],
  check: (now: Model, committed: Model) => void,
) => {
  const gathered: StateWrite[] = []
  const before: Model[] = []
  let done: StateWrite[] = []
  const taken: { readonly writes: readonly StateWrite[]; readonly after: Model }[] = []
  let now: Model = new Map()
  let joined: Model = new Map()
  let committed: Model = new Map()
  for (const one of steps) {
    if (one._tag === 'write') {
      const value = one.length === null ? undefined : new Uint8Array(one.length)
      before.push(now)
      gathered.push(task.write({ key: keyOf(one.key), hash: hashOf(one.key), value, expiresAt: never }))
      now = new Map(now)
      if (one.length === null) now.delete(one.key)
      else now.set(one.key, one.length)
    } else if (one._tag === 'undo') {
      for (let count = 0; count < one.count && gathered.length > 0; count++) {
        task.undo(gathered.pop() as StateWrite)
        now = before.pop() as Model
      }
    } else if (one._tag === 'join') {
      for (const write of gathered.splice(0)) write.joins(done)
      before.length = 0
      joined = now
    } else if (one._tag === 'take') {
      if (done.length > 0) taken.push({ writes: done, after: joined })
      done = []
    } else {
      const first = taken.shift()
      if (first === undefined) continue
      // what is taken back later was pending before: never while a commit goes through
      if (gathered.length > 0) {
        taken.unshift(first)
        continue
      }
      void task.state.commit(
        first.writes.filter((write) => !write.isSuperseded),
        undefined,
      )
      for (const write of first.writes) if (!write.isSuperseded) task.committed(write)
      committed = first.after
    }
    check(now, committed)
  }
}

describe('a store of a task', () => {
  it('answers what was written last and not taken back, over what is committed, whatever is on its way', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const task = opened()
        driven(task, steps, (now, committed) => {
          for (let key = 0; key <= 20; key++) {
            expect(task.get(keyOf(key), hashOf(key), 1)?.length).toBe(now.get(key))
            expect(task.state.get(keyOf(key), hashOf(key), 1)?.length).toBe(committed.get(key))
          }
        })
      }),
      { numRuns: 200 },
    ))

  it('has room for what fits once all that is pending is committed, and for what does not grow', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 900 }), (steps, maxBytes) => {
        const task = opened(maxBytes)
        driven(task, steps, (now) => {
          let sizeBytes = 0
          for (const length of now.values()) sizeBytes += 1 + length + entryBytes
          for (const key of [0, 1, 20]) {
            const held = now.get(key)
            const grown = 1 + 5 + entryBytes - (held === undefined ? 0 : 1 + held + entryBytes)
            const full = task.fullWith(keyOf(key), hashOf(key), 5)
            expect(full?.sizeBytes).toBe(grown <= 0 || sizeBytes + grown <= maxBytes ? undefined : sizeBytes + grown)
          }
        })
      }),
      { numRuns: 100 },
    ))

  it('removes what has expired where nobody has set it since', () => {
    const task = opened()
    const set = (key: number, expiresAt: number) =>
      task.write({ key: keyOf(key), hash: keyHash(keyOf(key)), value: new Uint8Array(), expiresAt })
    const writes = [set(0, 10), set(1, 10), set(2, 30)]
    void task.state.commit(writes, 1)
    for (const write of writes) task.committed(write)
    set(1, never)
    const removed = [0, 1, 2, 3].flatMap((key) => task.removeExpired(keyOf(key), 20) ?? [])
    expect(removed.map(({ key }) => keyText(key))).toEqual(['\x00'])
    expect(task.removeExpired(keyOf(0), 20)).toBeUndefined()
  })
})
