import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine, Fetched, Producer, Reader } from '../../src/contracts/engine.ts'
import { engineFailure, type FailureCode, MillraceError } from '../../src/contracts/failure.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import type { OnUnreadable } from '../../src/millrace/fetched-records.ts'
import { Fetcher } from '../../src/millrace/fetcher.ts'
import { UnreadableRecord } from '../../src/pipeline/attempt-errors.ts'
import { manualClock } from '../support/manual-clock.ts'
import { rightOf } from '../support/right-of.ts'
import { seededRandom } from '../support/seeded-random.ts'

const partitions = [0, 1]
let engine: Engine
let producer: Producer
let topics = 0

beforeAll(async () => {
  const next = seededRandom(1)
  const random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  const options = { name: 'memory:', storage: memoryStorage(), durability: 'process', persistent: false } as const
  engine = rightOf(await openEmbedded({ ...options, clock: manualClock(), random })())
  producer = rightOf(await engine.producer()())
})

/** Batches of so many records; a record's value is its offset, and some are unreadable. */
interface Contents {
  readonly batches: readonly number[]
  readonly unreadable: ReadonlySet<number>
}

const filled = async (contents: readonly Contents[]) => {
  const of = topic(`numbers-${topics++}`, { key: text, value: int32, partitions: partitions.length })
  rightOf(await engine.topics.create({ name: of.name, partitions: partitions.length, config: {} })())
  for (const partition of partitions) {
    let offset = 0
    for (const count of contents[partition]?.batches ?? []) {
      const builder = new BatchBuilder({ compression: 'none' })
      for (let n = 0; n < count; n++, offset++) {
        const value = contents[partition]?.unreadable.has(offset) ? Uint8Array.of(7) : int32.encode(offset)
        builder.add(text.encode('k'), value, new Map(), 1_000)
      }
      rightOf(await producer.append([{ topic: of.name, partition, bytes: builder.build() }])())
    }
  }
  return of
}

/** What happens in one poll. */
interface Turn {
  /** What becomes of each partition's answer. */
  readonly answers: readonly ('comes' | 'nothing' | FailureCode)[]
  /** While the answer is under way. */
  readonly meanwhile: Act
  /** When somebody is told of an unreadable record. */
  readonly told: Act
  readonly maxBytes: number
  /** Another poll at once. */
  readonly twice: boolean
}

type Act =
  | { readonly _tag: 'none' }
  | { readonly _tag: 'seek'; readonly partition: number; readonly offset: number }
  | { readonly _tag: 'pause' | 'resume' | 'anew'; readonly partition: number }
  | { readonly _tag: 'throw' }

/** A fetcher over a log, and where each of its partitions has to go on. */
class Poller {
  readonly #of: Awaited<ReturnType<typeof filled>>
  readonly #contents: readonly Contents[]
  readonly fetcher: Fetcher<string, number>
  readonly expected = partitions.map(() => 0)
  readonly paused = partitions.map(() => false)
  #turn: Turn = calm
  /** Where somebody who was told has sought to in this poll: what is handed out comes before. */
  #soughtMeanwhile = new Map<number, number>()
  /** The record of its own partition at which somebody sought: nothing behind it is wanted. */
  #soughtAt = new Map<number, number>()

  constructor(of: Awaited<ReturnType<typeof filled>>, contents: readonly Contents[], onUnreadable: 'halt' | 'told') {
    this.#of = of
    this.#contents = contents
    const told: OnUnreadable = (error) => this.#told(error)
    const reader: Reader = { ...engine.reader, fetch: (request) => async () => this.#answer(request) }
    this.fetcher = new Fetcher({
      reader,
      isolation: 'read_committed',
      onUnreadable: onUnreadable === 'halt' ? 'halt' : told,
      wayOut: { outside: 'seek into it', damaged: 'seek behind it' },
    })
    for (const partition of partitions) this.fetcher.add(of, partition, 0)
  }

  async poll(turn: Turn): Promise<void> {
    this.#turn = turn
    this.#soughtMeanwhile.clear()
    this.#soughtAt.clear()
    const one = () => this.fetcher.fetch({ maxWaitMs: 0, maxBytes: turn.maxBytes })
    const polls = await Promise.allSettled(turn.twice ? [one(), one()] : [one()])
    for (const poll of polls)
      if (poll.status === 'fulfilled')
        for (const record of poll.value) this.#read(record.partition, record.offset, record.value)
    // two polls may reject with the same
    for (const reason of new Set(polls.flatMap((poll) => (poll.status === 'rejected' ? [poll.reason] : []))))
      this.#rejected(reason)
    for (const [partition, offset] of this.#soughtMeanwhile) this.expected[partition] = offset
  }

  resume(): void {
    for (const partition of partitions) this.#do({ _tag: 'resume', partition })
  }

  ends(): boolean {
    return partitions.every((partition) => this.#nextReadable(partition) >= this.#end(partition))
  }

  #end(partition: number): number {
    return (this.#contents[partition]?.batches ?? []).reduce((sum, count) => sum + count, 0)
  }

  #nextReadable(partition: number): number {
    let offset = this.expected[partition] ?? 0
    while (this.#contents[partition]?.unreadable.has(offset)) offset++
    return offset
  }

  #read(partition: number, offset: number, value: number): void {
    expect([partition, offset, value]).toEqual([partition, this.#nextReadable(partition), offset])
    expect(offset).toBeLessThan(this.#soughtAt.get(partition) ?? Number.POSITIVE_INFINITY)
    this.expected[partition] = offset + 1
  }

  /** As whoever reads deals with it: leaves the record out, or looks again. */
  #rejected(reason: unknown): void {
    if (reason instanceof UnreadableRecord) {
      const { partition, offset } = placeOf(reason)
      expect(this.#contents[partition]?.unreadable.has(offset)).toBe(true)
      expect(offset).toBe(this.expected[partition])
      return this.#do({ _tag: 'seek', partition, offset: offset + 1 })
    }
    if (!(reason instanceof MillraceError) && !(reason instanceof RangeError)) throw reason
    if (reason instanceof MillraceError && reason.kind === 'retriable') return
    for (const partition of partitions)
      if (!this.paused[partition]) {
        this.#do({ _tag: 'pause', partition })
        this.#do({ _tag: 'resume', partition })
      }
  }

  #told(error: UnreadableRecord): void {
    expect(error.message).toContain(this.#of.name)
    const act = this.#turn.told
    if (act._tag === 'throw') throw new RangeError('told')
    if (act._tag !== 'seek') return this.#do(act)
    this.fetcher.seek({ topic: this.#of.name, partition: act.partition, offset: act.offset })
    this.#soughtMeanwhile.set(act.partition, act.offset)
    const { partition, offset } = placeOf(error)
    if (partition === act.partition) this.#soughtAt.set(partition, offset)
  }

  #do(act: Act): void {
    if (act._tag === 'none' || act._tag === 'throw') return
    const { partition } = act
    const at = { topic: this.#of.name, partition }
    if (act._tag === 'seek') this.expected[partition] = act.offset
    if (act._tag === 'seek') return this.fetcher.seek({ ...at, offset: act.offset })
    if (act._tag === 'anew') {
      this.fetcher.remove(at)
      this.fetcher.add(this.#of, partition, this.expected[partition] ?? 0)
      this.paused[partition] = false
      return
    }
    this.paused[partition] = act._tag === 'pause'
    this.fetcher.pause(at, act._tag === 'pause')
  }

  async #answer(request: Parameters<Reader['fetch']>[0]): Promise<E.Either<never, readonly Fetched[]>> {
    const { answers, meanwhile } = this.#turn
    const found = rightOf(await engine.reader.fetch(request)())
    // what one of two has read, and is about to hand out, is not to be told from what comes after
    if (!this.#turn.twice) this.#do(meanwhile)
    return E.right(
      found.flatMap((fetched) => {
        const answer = answers[fetched.partition] ?? 'comes'
        if (answer === 'comes') return fetched
        if (answer === 'nothing') return []
        return { ...fetched, batches: [], nextOffset: -1, failure: engineFailure(answer, answer) }
      }),
    )
  }
}

const placeOf = ({ message }: UnreadableRecord) => {
  const [, partition = -1, offset = -1] = (/-(\d+)-(\d+)'/.exec(message) ?? []).map(Number)
  return { partition, offset }
}

const calm: Turn = {
  answers: [],
  meanwhile: { _tag: 'none' },
  told: { _tag: 'none' },
  maxBytes: 1_000_000,
  twice: false,
}

/** How many records a partition has at the least. */
const recordsMin = 2
const partition = fc.constantFrom(...partitions)
const none = fc.constant<Act>({ _tag: 'none' })
/** Into the log: what lies outside of it fails each time, and is told before another partition's trouble. */
const seek = fc.record({ _tag: fc.constant('seek' as const), partition, offset: fc.nat(recordsMin) })
const turns: fc.Arbitrary<Turn[]> = fc.array(
  fc.record({
    answers: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constant('comes' as const) },
        fc.constantFrom<'nothing' | FailureCode>('nothing', 'storage-full', 'corrupt-log'),
      ),
      { minLength: 2, maxLength: 2 },
    ),
    meanwhile: fc.oneof(
      { weight: 3, arbitrary: none },
      seek,
      fc.record({ _tag: fc.constantFrom('pause' as const, 'resume' as const, 'anew' as const), partition }),
    ),
    told: fc.oneof({ weight: 2, arbitrary: none }, seek, fc.constant<Act>({ _tag: 'throw' })),
    maxBytes: fc.integer({ min: 1, max: 400 }),
    twice: fc.boolean(),
  }),
  { maxLength: 15 },
)
const contents: fc.Arbitrary<Contents[]> = fc.array(
  fc.record({
    batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: recordsMin, maxLength: 6 }),
    unreadable: fc.array(fc.nat(20), { maxLength: 3 }).map((offsets) => new Set(offsets)),
  }),
  { minLength: 2, maxLength: 2 },
)

describe('however answers, failures, seeks and pauses fall, and whatever those do who are told', () => {
  it('hands out each record once between two seeks, in order, and comes to the end', () =>
    fc.assert(
      fc.asyncProperty(contents, turns, fc.constantFrom('halt', 'told'), async (contents, turns, onUnreadable) => {
        const poller = new Poller(await filled(contents), contents, onUnreadable)
        for (const turn of turns) await poller.poll(turn)
        poller.resume()
        for (let polls = 0; !poller.ends(); polls++) {
          expect(polls).toBeLessThan(30)
          await poller.poll(calm)
        }
      }),
      { numRuns: 200 },
    ))
})

describe('a partition that cannot be read', () => {
  it('says so each time, once the others were handed out, and leaves them alone when it is given up', async () => {
    const contents = partitions.map(() => ({ batches: [2], unreadable: new Set<number>() }))
    const of = await filled(contents)
    rightOf(await engine.topics.deleteRecords([{ topic: of.name, partition: 1, offset: 1 }])())
    const wayOut = { outside: 'seek into it', damaged: '' }
    const fetcher = new Fetcher({ reader: engine.reader, isolation: 'read_committed', onUnreadable: 'halt', wayOut })
    for (const partition of partitions) fetcher.add(of, partition, 0)
    const fetch = () => fetcher.fetch({ maxWaitMs: 0, maxBytes: 1_000 })
    expect(await fetch()).toHaveLength(2)
    for (let n = 0; n < 2; n++)
      await expect(fetch()).rejects.toThrow(`offset 0 of ${of.name}-1 is outside of 1 to 2: seek into it`)
    fetcher.remove({ topic: of.name, partition: 1 })
    expect(await fetch()).toEqual([])
  })
})
