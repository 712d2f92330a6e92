import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { bytes } from '../../src/codec/bytes.ts'
import { maxTopicNameCharacters, topicName } from '../../src/codec/names.ts'
import { store } from '../../src/codec/store.ts'
import { topic } from '../../src/codec/topic.ts'
import { keyText } from '../../src/contracts/state-store.ts'
import { changelogName, isPipelineName, ownerOfChangelog, restore } from '../../src/store/changelog.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { type MemoryStore, memoryStore } from '../../src/store/memory-store.ts'
import { EmbeddedWorld } from '../pipeline/embedded-world.ts'
import { rightOf } from '../support/right-of.ts'

const changelog = topic('p--s-changelog', { key: bytes, value: bytes })
const at = { topic: changelog.name, partition: 0 }
const { signal } = new AbortController()

const change = fc.record({
  key: fc.uint8Array({ minLength: 1, maxLength: 2, max: 3 }),
  value: fc.option(fc.uint8Array({ maxLength: 3 })),
})
const transaction = fc.record({ changes: fc.array(change, { minLength: 1, maxLength: 4 }), isCommitted: fc.boolean() })

const valueOf = (state: MemoryStore, text: string) => {
  const key = Buffer.from(text, 'latin1')
  return state.get(key, keyHash(key), 0)
}

describe('restore', () => {
  it('gives each key what was committed to it last, and nothing that was aborted or removed', () =>
    fc.assert(
      fc.asyncProperty(fc.array(transaction, { maxLength: 6 }), async (transactions) => {
        const world = new EmbeddedWorld()
        const engine = await world.open()
        await world.create([changelog], 1)
        const producer = rightOf(await world.while(engine.transactions({ transactionalId: 't', timeoutMs: 1_000 })()))
        const expected = new Map<string, Uint8Array>()
        for (const { changes, isCommitted } of transactions) {
          const builder = new BatchBuilder({ compression: 'none' })
          for (const { key, value } of changes) {
            builder.add(key, value, new Map(), 0)
            if (!isCommitted) continue
            if (value === null) expected.delete(keyText(key))
            else expected.set(keyText(key), value)
          }
          rightOf(await world.while(producer.append([{ ...at, bytes: builder.build() }])()))
          rightOf(await world.while(isCommitted ? producer.commit()() : producer.abort()()))
        }
        const state = memoryStore()
        await world.while(restore({ engine, at, state, signal }))
        expect(state.size()).toBe(expected.size)
        for (const [key, value] of expected) expect([...(valueOf(state, key) ?? [])]).toEqual([...value])
      }),
      { numRuns: 25 },
    ))
})

describe("a changelog's name", () => {
  const letters = (maxLength: number) =>
    fc.string({ unit: fc.constantFrom('a', '-', '.', '_'), minLength: 1, maxLength })
  const isStoreName = (name: string): boolean => {
    try {
      return store(name, { key: bytes, value: bytes }).name === name
    } catch {
      return false
    }
  }
  const pipelines = letters(5).filter(isPipelineName)
  const stores = letters(5).filter(isStoreName)

  it('tells which pipeline and which store it belongs to', () =>
    fc.assert(
      fc.property(pipelines, stores, pipelines, stores, (pipeline, kept, otherPipeline, other) => {
        const name = changelogName(pipeline, kept)
        expect(ownerOfChangelog(name)).toBe(pipeline)
        const isSame = pipeline === otherPipeline && kept === other
        expect(name === changelogName(otherPipeline, other)).toBe(isSame)
      }),
      { numRuns: 1_000 },
    ))

  it('names a topic, however long the two are', () => {
    const long = 'a'.repeat(130)
    expect([isPipelineName(long), isPipelineName(`${long}a`)]).toEqual([true, false])
    const name = changelogName(long, store('b'.repeat(100), { key: bytes, value: bytes }).name)
    expect(topicName(name)).toHaveLength(242)
    expect(name.length).toBeLessThanOrEqual(maxTopicNameCharacters)
  })
})
