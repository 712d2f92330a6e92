import { aTopic, ok, refusal } from './calls.ts'
import { contains, equal, hasLength, inRange, matches } from './claims.ts'
import { type Law, law } from './law.ts'
import { batch, readAll, valuesOf } from './records.ts'

const numbered = (from: number, count: number) => Array.from({ length: count }, (_, at) => `v${from + at}`)

export const append: readonly Law[] = [
  law('answers where each batch lies, in the order given', [], async (s) => {
    const topic = await aTopic(s, 2)
    const producer = await ok(s.engine.producer())
    const appended = await ok(
      producer.append([batch(topic, 0, ['a', 'b']), batch(topic, 1, ['x']), batch(topic, 0, ['c'])]),
    )
    equal(
      appended,
      [
        { topic, partition: 0, offset: 0, timestamp: -1 },
        { topic, partition: 1, offset: 0, timestamp: -1 },
        { topic, partition: 0, offset: 2, timestamp: -1 },
      ],
      'where the batches lie',
    )
    matches(
      await readAll(s.engine, { topic, partition: 0 }),
      [
        { offset: 0, value: 'a' },
        { offset: 1, value: 'b' },
        { offset: 2, value: 'c' },
      ],
      'the records of partition 0',
    )
  }),

  law('keeps the order of several calls under way', [], async (s) => {
    const topic = await aTopic(s, 2)
    const producer = await ok(s.engine.producer())
    const calls = Array.from({ length: 40 }, (_, call) =>
      ok(producer.append([batch(topic, call % 2, numbered(call * 3, 3))])),
    )
    await Promise.all(calls)
    for (const partition of [0, 1]) {
      const expected = Array.from({ length: 20 }, (_, at) => numbered((at * 2 + partition) * 3, 3)).flat()
      equal(await valuesOf(s.engine, topic, partition), expected, `partition ${partition}`)
    }
  }),

  law('takes several producers, and keeps the order of each', [], async (s) => {
    const topic = await aTopic(s)
    const writers = await Promise.all(['a', 'b', 'c'].map(async (name) => ({ name, p: await ok(s.engine.producer()) })))
    await Promise.all(
      writers.flatMap(({ name, p }) =>
        Array.from({ length: 10 }, (_, n) => ok(p.append([batch(topic, 0, [`${name}${n}`])]))),
      ),
    )
    const values = await valuesOf(s.engine, topic)
    hasLength(values, 30, 'the records of three producers')
    for (const { name } of writers)
      equal(
        values.filter((value) => value.startsWith(name)),
        Array.from({ length: 10 }, (_, n) => `${name}${n}`),
      )
  }),

  law('stamps the time where the topic asks for it', ['topic-configs'], async (s) => {
    const topic = await aTopic(s, 1, { 'message.timestamp.type': 'LogAppendTime' })
    const producer = await ok(s.engine.producer())
    const [appended] = await ok(producer.append([batch(topic, 0, ['a', 'b'], 1_000)]))
    inRange(appended?.timestamp, { above: 1_000 }, 'the time of the append')
    const records = await readAll(s.engine, { topic, partition: 0 })
    equal(
      records.map(({ timestamp }) => timestamp),
      [appended?.timestamp, appended?.timestamp],
    )
  }),

  law('of nothing is fine', [], async ({ engine }) => {
    equal(await ok((await ok(engine.producer())).append([])), [])
  }),

  law('refuses a topic or a partition that does not exist, and goes on', [], async (s) => {
    const topic = await aTopic(s, 2)
    const producer = await ok(s.engine.producer())
    const nowhere = await refusal(producer.append([batch(s.unique('nowhere'), 0, ['a'])]))
    matches(nowhere, { code: 'unknown-topic', kind: 'refused' })
    for (const partition of [2, -1]) {
      const wrong = await refusal(producer.append([batch(topic, partition, ['a'])]))
      equal(wrong.code, 'unknown-partition')
      contains(wrong.message, `${partition}`)
    }
    await ok(producer.append([batch(topic, 1, ['b'])]))
    equal(await valuesOf(s.engine, topic, 1), ['b'])
  }),

  law('refuses a batch over the limit of its topic, and goes on', ['topic-configs'], async (s) => {
    const topic = await aTopic(s, 1, { 'max.message.bytes': 200 })
    const producer = await ok(s.engine.producer())
    await ok(producer.append([batch(topic, 0, ['before'])]))
    const failure = await refusal(producer.append([batch(topic, 0, ['x'.repeat(300)])]))
    matches(failure, { code: 'record-too-large', kind: 'refused' })
    contains(failure.message, '200')
    await ok(producer.append([batch(topic, 0, ['after'])]))
    equal(await valuesOf(s.engine, topic), ['before', 'after'])
  }),

  law('refuses bytes that are no batch, and goes on', [], async (s) => {
    const topic = await aTopic(s)
    const producer = await ok(s.engine.producer())
    const sound = () => batch(topic, 0, ['some', 'records']).bytes
    const wrong = (change: (bytes: Uint8Array) => Uint8Array) => change(sound())
    const garbage = [
      new Uint8Array(0),
      new Uint8Array(200).fill(255),
      wrong((bytes) => bytes.subarray(0, bytes.length - 1)),
      wrong((bytes) => bytes.fill(1, 16, 17)), // another magic
      wrong((bytes) => bytes.fill(127, 57, 58)), // more records than there can be
      wrong((bytes) => bytes.fill(0x20, 22, 23)), // a control batch
    ]
    for (const bytes of garbage) {
      const failure = await refusal(producer.append([{ topic, partition: 0, bytes }]))
      matches(failure, { code: 'invalid-record', kind: 'refused' })
    }
    await ok(producer.append([{ topic, partition: 0, bytes: sound() }]))
    equal(await valuesOf(s.engine, topic), ['some', 'records'])
  }),

  law('is over once the producer is closed', [], async (s) => {
    const topic = await aTopic(s)
    const producer = await ok(s.engine.producer())
    await ok(producer.append([batch(topic, 0, ['a'])]))
    await ok(producer.close())
    await ok(producer.close())
    equal((await refusal(producer.append([batch(topic, 0, ['b'])]))).code, 'closed')
    equal(await valuesOf(s.engine, topic), ['a'])
  }),
]
