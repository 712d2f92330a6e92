import type { FetchRequest } from '../../contracts/engine.ts'
import { aTopic, eventually, ok, refusal } from './calls.ts'
import { equal, hasLength, inRange, matches } from './claims.ts'
import { type Law, law } from './law.ts'
import { batch, seenIn } from './records.ts'
import type { Scenario } from './subject.ts'

const request = (positions: FetchRequest['positions'], more: Partial<FetchRequest> = {}): FetchRequest => ({
  positions,
  isolation: 'read_committed',
  maxBytes: 1 << 20,
  maxWaitMs: 30_000,
  ...more,
})

const withRecords = async (s: Scenario, values: readonly (readonly string[])[], partitions = 1) => {
  const topic = await aTopic(s, partitions)
  const producer = await ok(s.engine.producer())
  for (const some of values) await ok(producer.append([batch(topic, 0, some)]))
  await ok(s.engine.reader.settled([{ topic, partition: 0 }]))
  return { topic, producer }
}

export const fetch: readonly Law[] = [
  law('answers what is there, and where the log stands', [], async (s) => {
    const { topic } = await withRecords(s, [['a', 'b'], ['c']])
    const [fetched] = await ok(s.engine.reader.fetch(request([{ topic, partition: 0, offset: 0 }])))
    matches(fetched, { topic, partition: 0, nextOffset: 3, highWatermark: 3, lastStableOffset: 3 }, 'what was fetched')
    equal(fetched?.startOffset, 0, 'the start of the log')
    equal(fetched && seenIn(fetched, 0).map(({ value }) => value), ['a', 'b', 'c'])
  }),

  law('from inside a batch answers the whole batch', [], async (s) => {
    const { topic } = await withRecords(s, [['a', 'b', 'c']])
    const [fetched] = await ok(s.engine.reader.fetch(request([{ topic, partition: 0, offset: 1 }])))
    equal(
      fetched && seenIn(fetched, 1).map(({ offset, value }) => [offset, value]),
      [
        [1, 'b'],
        [2, 'c'],
      ],
      'the records from offset 1 on',
    )
  }),

  law('wakes on an append, without waiting for its time', [], async (s) => {
    const { topic, producer } = await withRecords(s, [['a']], 2)
    const positions = [
      { topic, partition: 0, offset: 1 },
      { topic, partition: 1, offset: 0 },
    ]
    const waiting = ok(s.engine.reader.fetch(request(positions, { maxWaitMs: 1 << 30 })))
    await ok(producer.append([batch(topic, 1, ['b'])]))
    const fetched = await eventually(s, waiting)
    equal(
      fetched.map(({ partition }) => partition),
      [1],
    )
  }),

  law('answers nothing once its time is over', [], async (s) => {
    const { topic } = await withRecords(s, [['a']])
    const waiting = ok(s.engine.reader.fetch(request([{ topic, partition: 0, offset: 1 }], { maxWaitMs: 200 })))
    equal(await eventually(s, waiting), [])
    const now = ok(s.engine.reader.fetch(request([{ topic, partition: 0, offset: 1 }], { maxWaitMs: 0 })))
    equal(await now, [])
  }),

  law('stops near its bytes, but always answers a batch', [], async (s) => {
    const big = (name: string) => [name.repeat(400)]
    const { topic } = await withRecords(s, [big('a'), big('b'), big('c'), big('d')])
    const take = async (offset: number, maxBytes: number) => {
      const [fetched] = await ok(s.engine.reader.fetch(request([{ topic, partition: 0, offset }], { maxBytes })))
      return fetched
    }
    hasLength((await take(0, 1))?.batches, 1, 'batches, where there is room for one byte')
    equal((await take(0, 1))?.nextOffset, 1, 'where to go on after the first batch')
    const some = await take(1, 2_000)
    inRange(some?.batches.length, { from: 1 }, 'batches, where there is room for a few')
    inRange(some?.batches.length, { below: 3 }, 'batches, where there is room for a few')
  }),

  law('shares its bytes among partitions so that none starves', [], async (s) => {
    const { topic, producer } = await withRecords(s, [['x'.repeat(500)], ['y'.repeat(500)]], 2)
    await ok(producer.append([batch(topic, 1, ['z'])]))
    await ok(s.engine.reader.settled([{ topic, partition: 1 }]))
    const seen = new Set<number>()
    const at = [0, 0]
    for (let round = 0; round < 8 && seen.size < 2; round += 1) {
      const positions = [0, 1].map((partition) => ({ topic, partition, offset: at[partition] ?? 0 }))
      for (const { partition, nextOffset } of await ok(s.engine.reader.fetch(request(positions, { maxBytes: 1 })))) {
        seen.add(partition)
        at[partition] = nextOffset
      }
    }
    equal(seen, new Set([0, 1]), 'partitions that were served')
  }),

  law('names a partition that it cannot read, and serves the others', [], async (s) => {
    const { topic } = await withRecords(s, [['a']])
    const nowhere = s.unique('nowhere')
    const fetched = await ok(
      s.engine.reader.fetch(
        request([
          { topic: nowhere, partition: 0, offset: 0 },
          { topic, partition: 7, offset: 0 },
          { topic, partition: 0, offset: 0 },
        ]),
      ),
    )
    const by = new Map(fetched.map((one) => [`${one.topic}-${one.partition}`, one]))
    equal(by.get(`${nowhere}-0`)?.failure?.code, 'unknown-topic')
    equal(by.get(`${topic}-7`)?.failure?.code, 'unknown-partition')
    equal(by.get(`${topic}-0`)?.failure, undefined, 'the failure of the partition that is there')
    equal(by.get(`${topic}-0`)?.nextOffset, 1, 'where to go on in the partition that is there')
  }),

  law('out of range says so at once, and where the log is', [], async (s) => {
    const { topic } = await withRecords(s, [['a'], ['b']])
    for (const offset of [3, 99, -1]) {
      const [fetched] = await ok(s.engine.reader.fetch(request([{ topic, partition: 0, offset }])))
      equal([offset, fetched?.failure?.code], [offset, 'offset-out-of-range'])
    }
    const [fetched] = await ok(s.engine.reader.fetch(request([{ topic, partition: 0, offset: 99 }])))
    matches(fetched, { startOffset: 0, highWatermark: 2 }, 'where the log stands, told to one who is out of range')
  }),

  law('before the start of a trimmed log is out of range', ['delete-records'], async (s) => {
    const { topic } = await withRecords(s, [['a'], ['b']])
    await ok(s.engine.topics.deleteRecords([{ topic, partition: 0, offset: 1 }]))
    const [fetched] = await ok(s.engine.reader.fetch(request([{ topic, partition: 0, offset: 0 }])))
    equal(fetched?.failure?.code, 'offset-out-of-range')
    equal(fetched?.startOffset, 1, 'the start of the log, after records were deleted')
  }),

  law('is cancelled by its signal', [], async (s) => {
    const { topic } = await withRecords(s, [['a']])
    const position = { topic, partition: 0, offset: 1 }
    const controller = new AbortController()
    const waiting = refusal(s.engine.reader.fetch(request([position], { signal: controller.signal })))
    controller.abort()
    equal((await eventually(s, waiting)).code, 'cancelled')
    const late = await refusal(s.engine.reader.fetch(request([position], { signal: AbortSignal.abort() })))
    equal(late.code, 'cancelled')
  }),

  law('learns that its topic was deleted while it waited', [], async (s) => {
    const { topic } = await withRecords(s, [['a']])
    const waiting = ok(s.engine.reader.fetch(request([{ topic, partition: 0, offset: 1 }])))
    await ok(s.engine.topics.delete(topic))
    const [fetched] = await eventually(s, waiting)
    equal(fetched?.failure?.code, 'unknown-topic')
  }),
]
