import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { bytes } from '../../src/codec/bytes.ts'
import { topic } from '../../src/codec/topic.ts'
import { restore } from '../../src/store/changelog.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { memoryStore } from '../../src/store/memory-store.ts'
import { EmbeddedWorld } from '../pipeline/embedded-world.ts'
import { rightOf } from '../support/right-of.ts'

const changelog = topic('changelog', { key: bytes, value: bytes })
const at = { topic: changelog.name, partition: 0 }

const change = (key: number) => {
  const builder = new BatchBuilder({ compression: 'none' })
  builder.add(Uint8Array.of(key), Uint8Array.of(key), new Map(), 0)
  return [{ ...at, bytes: builder.build() }]
}

describe('restore', () => {
  it('waits for what was committed before it began and cannot be seen yet, behind a transaction that is still open', async () => {
    const world = new EmbeddedWorld()
    const engine = await world.open()
    await world.create([changelog], 1)
    const begin = async (transactionalId: string) =>
      rightOf(await world.while(engine.transactions({ transactionalId, timeoutMs: 60_000 })()))
    const open = await begin('open')
    rightOf(await world.while(open.append(change(1))()))
    const done = await begin('done')
    rightOf(await world.while(done.append(change(2))()))
    rightOf(await world.while(done.commit()()))

    const state = memoryStore()
    let isRestored = false
    const restoring = restore({ engine, at, state, signal: new AbortController().signal }).then(() => {
      isRestored = true
    })
    await world.pass(2_000)
    expect(isRestored).toBe(false)
    rightOf(await world.while(open.abort()()))
    await world.while(restoring)
    expect(state.size()).toBe(1)
    expect(state.get(Uint8Array.of(2), keyHash(Uint8Array.of(2)), 0)).toEqual(Uint8Array.of(2))
  })
})
