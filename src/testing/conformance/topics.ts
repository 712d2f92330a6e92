import { aTopic, ok, refusal } from './calls.ts'
import { contains, differs, equal, hasLength, matches } from './claims.ts'
import { type Law, law } from './law.ts'
import { batch, readAll, valuesOf } from './records.ts'

export const topics: readonly Law[] = [
  law('are described as they were created', [], async ({ engine, unique }) => {
    const spec = { name: unique('orders'), partitions: 3, config: { 'max.message.bytes': 2048 } }
    const created = await ok(engine.topics.create(spec))
    matches(created, { name: spec.name, partitions: 3, internal: false }, 'what create answers')
    matches(created.config, spec.config, 'the settings that create answers')
    equal(await ok(engine.topics.describe([spec.name])), [created])
  }),

  law('are listed by name, and those that do not exist are left out', [], async ({ engine, unique }) => {
    const [a, b] = [unique('a'), unique('b')]
    await ok(engine.topics.create({ name: b, partitions: 1, config: {} }))
    await ok(engine.topics.create({ name: a, partitions: 1, config: {} }))
    const all = (await ok(engine.topics.describe())).map(({ name }) => name)
    equal(all, [...all].sort(), 'the names of all topics')
    for (const name of [a, b]) contains(all, name)
    const asked = await ok(engine.topics.describe([b, unique('nowhere'), a]))
    equal(
      asked.map(({ name }) => name),
      [b, a],
    )
  }),

  law('are not created twice', [], async (s) => {
    const name = await aTopic(s)
    const failure = await refusal(s.engine.topics.create({ name, partitions: 1, config: {} }))
    equal(failure.code, 'topic-exists')
    contains(failure.message, name)
  }),

  law('are created once by callers at the same time', [], async ({ engine, unique }) => {
    const spec = { name: unique('raced'), partitions: 2, config: {} }
    const all = await Promise.all(Array.from({ length: 4 }, () => engine.topics.create(spec)()))
    hasLength(
      all.filter(({ _tag }) => _tag === 'Right'),
      1,
    )
  }),

  law('need a sound name and number of partitions', [], async ({ engine, unique }) => {
    for (const name of ['', '.', '..', 'a/b', 'a b', 'é', 'x'.repeat(250)]) {
      const failure = await refusal(engine.topics.create({ name, partitions: 1, config: {} }))
      equal([name, failure.code], [name, 'invalid-topic'])
    }
    for (const partitions of [0, -1, 1.5, Number.NaN]) {
      const failure = await refusal(engine.topics.create({ name: unique('odd'), partitions, config: {} }))
      equal([partitions, failure.code], [partitions, 'invalid-partitions'])
    }
  }),

  law('refuse a configuration that makes no sense', ['topic-configs'], async ({ engine, unique }) => {
    const config = { 'retention.ms': Number.NaN }
    const failure = await refusal(engine.topics.create({ name: unique('odd'), partitions: 1, config }))
    equal(failure.code, 'invalid-config')
    contains(failure.message, 'retention.ms')
  }),

  law('grow, and keep what they have', ['grow'], async (s) => {
    const topic = await aTopic(s, 1)
    const producer = await ok(s.engine.producer())
    await ok(producer.append([batch(topic, 0, ['a'])]))
    await ok(s.engine.topics.grow(topic, 3))
    await ok(producer.append([batch(topic, 2, ['b'])]))
    equal((await ok(s.engine.topics.describe([topic])))[0]?.partitions, 3, 'partitions after it has grown')
    equal([await valuesOf(s.engine, topic, 0), await valuesOf(s.engine, topic, 2)], [['a'], ['b']])
  }),

  law('do not shrink', ['grow'], async (s) => {
    const topic = await aTopic(s, 2)
    for (const partitions of [2, 1, 0])
      equal((await refusal(s.engine.topics.grow(topic, partitions))).code, 'invalid-partitions')
    equal((await refusal(s.engine.topics.grow(s.unique('nowhere'), 4))).code, 'unknown-topic')
  }),

  law('are configured setting by setting', ['topic-configs'], async (s) => {
    const topic = await aTopic(s, 1, { 'max.message.bytes': 4096 })
    await ok(s.engine.topics.configure(topic, { 'retention.ms': 60_000 }))
    const [described] = await ok(s.engine.topics.describe([topic]))
    matches(described?.config, { 'max.message.bytes': 4096, 'retention.ms': 60_000 }, 'the settings of the topic')
    await ok(s.engine.topics.configure(topic, { 'max.message.bytes': null, 'retention.ms': 30_000 }))
    const [changed] = await ok(s.engine.topics.describe([topic]))
    equal(changed?.config['retention.ms'], 30_000, 'a setting that was changed')
    differs(changed?.config['max.message.bytes'], 4096, 'a setting that was taken back')
    const unknown = await refusal(s.engine.topics.configure(s.unique('nowhere'), {}))
    equal(unknown.code, 'unknown-topic')
  }),

  law('are gone when deleted, and another topic under the same name', [], async (s) => {
    const topic = await aTopic(s)
    const producer = await ok(s.engine.producer())
    await ok(producer.append([batch(topic, 0, ['a', 'b'])]))
    const [first] = await ok(s.engine.topics.describe([topic]))
    await ok(s.engine.topics.delete(topic))
    equal(await ok(s.engine.topics.describe([topic])), [])
    equal((await refusal(producer.append([batch(topic, 0, ['c'])]))).code, 'unknown-topic')
    equal((await refusal(s.engine.topics.delete(topic))).code, 'unknown-topic')

    const again = await ok(s.engine.topics.create({ name: topic, partitions: 1, config: {} }))
    differs(again.id, first?.id, 'the id of the second topic under the name')
    equal(await valuesOf(s.engine, topic), [])
    const [appended] = await ok((await ok(s.engine.producer())).append([batch(topic, 0, ['d'])]))
    equal(appended?.offset, 0, 'where the first batch of the second topic lies')
  }),

  law('give up the records before a position', ['delete-records'], async (s) => {
    const topic = await aTopic(s)
    const producer = await ok(s.engine.producer())
    for (const value of ['a', 'b', 'c']) await ok(producer.append([batch(topic, 0, [value])]))
    const starts = await ok(s.engine.topics.deleteRecords([{ topic, partition: 0, offset: 2 }]))
    equal(starts, [{ topic, partition: 0, offset: 2 }])
    const [earliest] = await ok(s.engine.reader.offsets([{ topic, partition: 0, at: 'earliest' }], 'read_committed'))
    equal(earliest?.offset, 2, 'the earliest after records were deleted')
    const kept = await readAll(s.engine, { topic, partition: 0 }, { from: 2 })
    equal(
      kept.map(({ value }) => value),
      ['c'],
    )
    const beyond = await refusal(s.engine.topics.deleteRecords([{ topic, partition: 0, offset: 4 }]))
    equal(beyond.code, 'offset-out-of-range')
  }),
]
