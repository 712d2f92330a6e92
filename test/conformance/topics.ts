import { describe, expect } from 'vitest'
import { aTopic, ok, refusal } from './calls.ts'
import { batch, readAll, valuesOf } from './records.ts'
import { type Conformance, scenario } from './subject.ts'

export const topics = (engine: Conformance): void => {
  describe('topics', () => {
    scenario(engine, 'are described as they were created', [], async ({ engine, unique }) => {
      const spec = { name: unique('orders'), partitions: 3, config: { 'max.message.bytes': 2048 } }
      const created = await ok(engine.topics.create(spec))
      expect(created).toMatchObject({ name: spec.name, partitions: 3, internal: false })
      expect(created.config).toMatchObject(spec.config)
      expect(await ok(engine.topics.describe([spec.name]))).toEqual([created])
    })

    scenario(engine, 'are listed by name, and those that do not exist are left out', [], async ({ engine, unique }) => {
      const [a, b] = [unique('a'), unique('b')]
      await ok(engine.topics.create({ name: b, partitions: 1, config: {} }))
      await ok(engine.topics.create({ name: a, partitions: 1, config: {} }))
      const all = (await ok(engine.topics.describe())).map(({ name }) => name)
      expect(all).toEqual([...all].sort())
      expect(all).toEqual(expect.arrayContaining([a, b]))
      const asked = await ok(engine.topics.describe([b, unique('nowhere'), a]))
      expect(asked.map(({ name }) => name)).toEqual([b, a])
    })

    scenario(engine, 'are not created twice', [], async (s) => {
      const name = await aTopic(s)
      const failure = await refusal(s.engine.topics.create({ name, partitions: 1, config: {} }))
      expect(failure.code).toBe('topic-exists')
      expect(failure.message).toContain(name)
    })

    scenario(engine, 'are created once by callers at the same time', [], async ({ engine, unique }) => {
      const spec = { name: unique('raced'), partitions: 2, config: {} }
      const all = await Promise.all(Array.from({ length: 4 }, () => engine.topics.create(spec)()))
      expect(all.filter(({ _tag }) => _tag === 'Right')).toHaveLength(1)
    })

    scenario(engine, 'need a sound name and number of partitions', [], async ({ engine, unique }) => {
      for (const name of ['', '.', '..', 'a/b', 'a b', 'é', 'x'.repeat(250)]) {
        const failure = await refusal(engine.topics.create({ name, partitions: 1, config: {} }))
        expect([name, failure.code]).toEqual([name, 'invalid-topic'])
      }
      for (const partitions of [0, -1, 1.5, Number.NaN]) {
        const failure = await refusal(engine.topics.create({ name: unique('odd'), partitions, config: {} }))
        expect([partitions, failure.code]).toEqual([partitions, 'invalid-partitions'])
      }
    })

    scenario(engine, 'refuse a configuration that makes no sense', ['topic-configs'], async ({ engine, unique }) => {
      const config = { 'retention.ms': Number.NaN }
      const failure = await refusal(engine.topics.create({ name: unique('odd'), partitions: 1, config }))
      expect(failure.code).toBe('invalid-config')
      expect(failure.message).toContain('retention.ms')
    })

    scenario(engine, 'grow, and keep what they have', ['grow'], async (s) => {
      const topic = await aTopic(s, 1)
      const producer = await ok(s.engine.producer())
      await ok(producer.append([batch(topic, 0, ['a'])]))
      await ok(s.engine.topics.grow(topic, 3))
      await ok(producer.append([batch(topic, 2, ['b'])]))
      expect((await ok(s.engine.topics.describe([topic])))[0]?.partitions).toBe(3)
      expect([await valuesOf(s.engine, topic, 0), await valuesOf(s.engine, topic, 2)]).toEqual([['a'], ['b']])
    })

    scenario(engine, 'do not shrink', ['grow'], async (s) => {
      const topic = await aTopic(s, 2)
      for (const partitions of [2, 1, 0])
        expect((await refusal(s.engine.topics.grow(topic, partitions))).code).toBe('invalid-partitions')
      expect((await refusal(s.engine.topics.grow(s.unique('nowhere'), 4))).code).toBe('unknown-topic')
    })

    scenario(engine, 'are configured setting by setting', ['topic-configs'], async (s) => {
      const topic = await aTopic(s, 1, { 'max.message.bytes': 4096 })
      await ok(s.engine.topics.configure(topic, { 'retention.ms': 60_000 }))
      const [described] = await ok(s.engine.topics.describe([topic]))
      expect(described?.config).toMatchObject({ 'max.message.bytes': 4096, 'retention.ms': 60_000 })
      const unknown = await refusal(s.engine.topics.configure(s.unique('nowhere'), {}))
      expect(unknown.code).toBe('unknown-topic')
    })

    scenario(engine, 'are gone when deleted, and another topic under the same name', [], async (s) => {
      const topic = await aTopic(s)
      const producer = await ok(s.engine.producer())
      await ok(producer.append([batch(topic, 0, ['a', 'b'])]))
      const [first] = await ok(s.engine.topics.describe([topic]))
      await ok(s.engine.topics.delete(topic))
      expect(await ok(s.engine.topics.describe([topic]))).toEqual([])
      expect((await refusal(producer.append([batch(topic, 0, ['c'])]))).code).toBe('unknown-topic')
      expect((await refusal(s.engine.topics.delete(topic))).code).toBe('unknown-topic')

      const again = await ok(s.engine.topics.create({ name: topic, partitions: 1, config: {} }))
      expect(again.id).not.toBe(first?.id)
      expect(await valuesOf(s.engine, topic)).toEqual([])
      const [appended] = await ok((await ok(s.engine.producer())).append([batch(topic, 0, ['d'])]))
      expect(appended?.offset).toBe(0)
    })

    scenario(engine, 'give up the records before a position', ['delete-records'], async (s) => {
      const topic = await aTopic(s)
      const producer = await ok(s.engine.producer())
      for (const value of ['a', 'b', 'c']) await ok(producer.append([batch(topic, 0, [value])]))
      const starts = await ok(s.engine.topics.deleteRecords([{ topic, partition: 0, offset: 2 }]))
      expect(starts).toEqual([{ topic, partition: 0, offset: 2 }])
      const [earliest] = await ok(s.engine.reader.offsets([{ topic, partition: 0, at: 'earliest' }], 'read_committed'))
      expect(earliest?.offset).toBe(2)
      const kept = await readAll(s.engine, { topic, partition: 0 }, { from: 2 })
      expect(kept.map(({ value }) => value)).toEqual(['c'])
      const beyond = await refusal(s.engine.topics.deleteRecords([{ topic, partition: 0, offset: 4 }]))
      expect(beyond.code).toBe('offset-out-of-range')
    })
  })
}
