import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { delayed, topicsOf } from '../../src/codec/delayed.ts'
import { type Mark, markHeaders } from '../../src/codec/job-mark.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { never } from '../../src/contracts/state-store.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import { JobCounters } from '../../src/jobs/job-metrics.ts'
import { jobStateCodec } from '../../src/jobs/job-state-codec.ts'
import { jobsStore, moverOf } from '../../src/jobs/mover.ts'
import type { Sink } from '../../src/pipeline/encoded-output.ts'
import { runSlice } from '../../src/pipeline/fast-path.ts'
import { Feed } from '../../src/pipeline/feed.ts'
import { Gather } from '../../src/pipeline/gather.ts'
import { planOf, type Stage } from '../../src/pipeline/plan.ts'
import { chunkOf } from '../../src/pipeline/read-records.ts'
import type { Skim } from '../../src/pipeline/skim.ts'
import { sourceOf } from '../../src/pipeline/source.ts'
import { TaskOutputs } from '../../src/pipeline/task-outputs.ts'
import { TaskStore } from '../../src/pipeline/task-store.ts'
import type { Answered, JobState } from '../../src/protocol/delay/job-state.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { memoryStore } from '../../src/store/memory-store.ts'

const target = topic('target', { key: text, value: text, partitions: 3 })
const later = delayed('later', { to: target, tiers: ['5s', '30m'], partitions: 2 })
const topics = topicsOf(later)
const now = 1_700_000_000_000
const [second, minute, day] = [1_000, 60_000, 86_400_000]
const task = 1

interface Lies {
  readonly key: string | null
  readonly value: string | null
  readonly mark: Mark | undefined
  /** What key the record in the target has. */
  readonly to: 'the id' | 'another' | 'none'
  readonly others: ReadonlyMap<string, Uint8Array>
}

const bytesOf = (of: string | null): Uint8Array | null => (of === null ? null : Buffer.from(of))
const id = fc.constantFrom('a', 'b', 'c')
const dueMs = fc.constantFrom(now - day, now - 1, now, now + 1, now + 5 * second, now + 30 * minute, now + 40 * day)
/** So few that what surfaces is often what waits. */
const dueNow = fc.constantFrom(now - 1, now + 1)
const gen = fc.constantFrom(7, 7, 7, 8)
const source = fc.record({ topic: fc.constant('in'), partition: fc.nat(1), offset: fc.nat(9), timestamp: fc.nat(9) })
const often = <A>(arbitrary: fc.Arbitrary<A>, plain: A): fc.Arbitrary<A> =>
  fc.oneof({ arbitrary: fc.constant(plain), weight: 6 }, { arbitrary, weight: 1 })

const command: fc.Arbitrary<Mark> = fc.record({
  what: often<Mark['what']>(fc.constantFrom('cancel', 'look', 'wait'), 'schedule'),
  dueMs: fc.option(dueMs, { nil: undefined }),
  afterMs: fc.option(fc.constantFrom(5 * second, 30 * minute, 7 * minute), { nil: undefined }),
  expect: often(fc.option(gen, { nil: undefined }), undefined),
  source: fc.option(source, { nil: undefined }),
  command: often(fc.constantFrom<string | undefined>('c1', 'c2'), undefined),
  series: often<string | undefined>(fc.constantFrom('once UTC 0 3 * * *', 'nonsense'), undefined),
})
const waiting: fc.Arbitrary<Mark> = fc.record({
  what: often<Mark['what']>(fc.constantFrom('cancel', 'schedule'), 'wait'),
  dueMs: fc.option(dueNow, { nil: undefined, freq: 8 }),
  gen: fc.option(gen, { nil: undefined, freq: 8 }),
  hopMs: often(fc.option(dueMs, { nil: undefined }), undefined),
  isLate: often(fc.boolean(), false),
})
const lying = (mark: fc.Arbitrary<Mark>): fc.Arbitrary<Lies> =>
  fc.record({
    key: often<string | null>(fc.constantFrom(null, ''), 'a').chain((key) => (key === 'a' ? id : fc.constant(key))),
    value: fc.option(fc.string({ maxLength: 9 })),
    mark: often<Mark | undefined>(fc.constant(undefined), { what: 'look' }).chain((one) =>
      one === undefined ? fc.constant(undefined) : mark,
    ),
    to: fc.constantFrom<Lies['to']>('the id', 'another', 'none'),
    others: often<ReadonlyMap<string, Uint8Array>>(
      fc.constant(new Map([['trace', Buffer.from('t')]])),
      new Map<string, Uint8Array>(),
    ),
  })

const state = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record<JobState & { _tag: 'pending' }>({
      _tag: fc.constant('pending' as const),
      gen,
      dueMs: dueNow,
      answered: often<readonly Answered[]>(fc.constant([{ command: 'c1', answer: { _tag: 'unknown' } }]), []),
      series: often<string | undefined>(fc.constant('0 once UTC 0 3 * * *'), undefined),
    }),
  },
  fc.record<JobState & { _tag: 'fired' }>({
    _tag: fc.constant('fired' as const),
    gen,
    dueMs,
    answered: fc.constant([]),
    untilMs: fc.constantFrom(now, now + 1),
  }),
  fc.record<JobState & { _tag: 'ahead' }>({
    _tag: fc.constant('ahead' as const),
    source,
    answered: fc.constant([]),
    untilMs: fc.constantFrom(now, now + 1),
  }),
)
/** Of `a` nothing is known. */
const known = fc.record({ b: state, c: state })

/** What topics and the store take. */
interface Room {
  readonly record: number
  readonly change: number
  readonly store: number
  readonly isCompacted: boolean
}

const roomy: Room = { record: 1_000, change: 1_000, store: 10_000, isCompacted: false }
const room: fc.Arbitrary<Room> = fc.record({
  record: often(fc.integer({ min: 90, max: 140 }), roomy.record),
  change: often(fc.integer({ min: 80, max: 110 }), roomy.change),
  store: often(fc.integer({ min: 60, max: 300 }), roomy.store),
  isCompacted: fc.boolean(),
})

/** All that comes of the records, to the byte, with the skim or without. */
const outcome = (
  isSkimmed: boolean,
  from: AnyTopic,
  records: readonly Lies[],
  states: Readonly<Record<string, JobState>>,
  room: Room = roomy,
) => {
  const counters = new JobCounters()
  const { pipeline, tiers, skim, barrier } = moverOf(later, counters)
  const plan = planOf('later', pipeline, [], tiers)
  const sinks = new Map(
    [...plan.outputs.values()].map(({ name, partitions }): [string, Sink] => {
      const isByTask = tiers.some(({ topic: tier }) => tier.name === name)
      return [name, { topic: name, recordBytesMax: room.record, partitions, isByTask, isCompacted: room.isCompacted }]
    }),
  )
  const state = memoryStore()
  const owner = { pipeline: 'later', task }
  const changelog = { topic: 'changelog', recordBytesMax: room.change }
  const store = new TaskStore({ declaration: { ...jobsStore, maxBytes: room.store }, changelog, state, owner })
  for (const [name, one] of Object.entries(states)) {
    const key = Buffer.from(name)
    const value = jobStateCodec.encode(one) as Uint8Array
    const expiresAt = 'untilMs' in one ? one.untilMs : never
    state.commit([{ key, hash: keyHash(key), value, expiresAt }], undefined)
  }
  const builder = new BatchBuilder({ compression: 'none' })
  for (const { key, value, mark, to, others } of records) {
    const named = bytesOf(key)
    const marked = mark && { ...mark, key: to === 'the id' ? named : bytesOf(to === 'none' ? null : 'k') }
    builder.add(named, bytesOf(value), marked === undefined ? others : markHeaders(marked, named, others), now - 20)
  }
  const feed = new Feed()
  const count = records.length
  const fetched = { topic: from.name, partition: task, batches: [builder.build()], nextOffset: count }
  const ends = { highWatermark: count, lastStableOffset: count, startOffset: 0 }
  feed.offer(chunkOf(sourceOf(from, task), { ...fetched, ...ends }, 0))
  const gather = new Gather({
    pipeline: 'later',
    sinks,
    stores: new Map([[jobsStore.name, store]]),
    meter: { bytes: 0 },
    outputBytesMax: 10_000,
    now: () => now,
    late: () => undefined,
  })
  const outputs = new TaskOutputs(task)
  gather.writeTo(outputs)
  const { operators } = plan.stages[0] as Stage
  const slices: unknown[] = []
  let skimmed = 0
  const counted: Skim = (source, record, hands) => {
    const isDone = skim(source, record, hands)
    if (isDone) skimmed += 1
    return isDone
  }
  while (!feed.isAtEnd) {
    const limits = { maxRecords: 1_000, isSpent: () => false, isFull: () => false }
    const one = runSlice({ operators, stepwise: true, skim: isSkimmed ? counted : undefined }, feed, gather, limits)
    const { records: done, nextOffset, failed } = one
    slices.push({ done, nextOffset, failed: failed && String(failed.error) })
  }
  return {
    skimmed,
    slices,
    outputs: outputs.parts.map(({ sink, partition, batch }) => [
      sink.topic,
      partition,
      batch.count === 0 ? '' : Buffer.from(batch.copy()).toString('latin1'),
    ]),
    writes: gather.writes.map(({ key, value, expiresAt }) => [
      Buffer.from(key).toString(),
      value && Buffer.from(value).toString('latin1'),
      expiresAt,
    ]),
    bytes: gather.bytes,
    isOverdue: barrier?.takeOverdue(task, Number.POSITIVE_INFINITY),
    counts: counters.metrics,
  }
}

const come = fc.oneof(
  fc.tuple(fc.constant(topics.commands), fc.array(lying(command), { minLength: 1, maxLength: 8 }), known),
  fc.tuple(
    fc.constantFrom<AnyTopic>(topics.tiers.get('30m') as AnyTopic, topics.ladder.get('2h') as AnyTopic),
    fc.array(lying(waiting), { minLength: 1, maxLength: 8 }),
    known,
  ),
)

describe('what is skimmed of jobs', () => {
  it('comes to the same as what is done by the step, to the byte', () =>
    fc.assert(
      fc.property(come, room, ([from, records, states], has) => {
        const { skimmed: _, ...one } = outcome(true, from, records, states, has)
        const { skimmed, ...other } = outcome(false, from, records, states, has)
        expect(one).toEqual(other)
        expect(skimmed).toBe(0)
      }),
      { numRuns: 500 },
    ))

  const plain = (mark: Mark): Lies => ({ key: 'a', value: 'v', mark, to: 'the id', others: new Map() })

  it('is what is scheduled under a new id, what is due, and what counts no more', () => {
    const [schedule, wait] = [plain({ what: 'schedule', afterMs: 5_000 }), plain({ what: 'wait', dueMs: now, gen: 7 })]
    const waits: JobState = { _tag: 'pending', gen: 7, dueMs: now, answered: [] }
    const tier = topics.tiers.get('5s') as AnyTopic
    expect(outcome(true, topics.commands, [schedule, schedule], {}).skimmed).toBe(1)
    expect(outcome(true, tier, [wait, wait], { a: waits }).skimmed).toBe(2)
    expect(outcome(true, tier, [wait], { a: { ...waits, gen: 8 } }).skimmed).toBe(1)
  })
})
