import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { bytes } from '../../src/codec/bytes.ts'
import { deadLetterOf } from '../../src/codec/dead-letter.ts'
import { deadLetters } from '../../src/codec/dead-letters.ts'
import { nullable } from '../../src/codec/nullable.ts'
import { redrivenTopic } from '../../src/codec/redrive.ts'
import { topic } from '../../src/codec/topic.ts'
import { fromUtf8, utf8 } from '../../src/codec/utf-8.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import type { Call, Engine, TransactionalProducer } from '../../src/contracts/engine.ts'
import { memoryEngine } from '../../src/engines/embedded/open-url.ts'
import type { Millrace } from '../../src/millrace/millrace.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import { readBatches } from '../../src/millrace/read.ts'
import { settlePatiently } from '../../src/millrace/settle-patiently.ts'
import { systemClock, systemRandom } from '../../src/millrace/system.ts'
import { redriveHeader } from '../../src/protocol/retry/redriven-headers.ts'
import { redrive } from '../../src/retry/redrive.ts'
import type { RedriveOrder, RedriveOutcome } from '../../src/retry/redrive-order.ts'
import { rightOf } from '../support/right-of.ts'

// two partitions of letters, about records of a topic with three
const dead = deadLetters('charge.dead', { partitions: 2 })
const orders = topic('orders', { key: nullable(bytes), value: nullable(bytes), partitions: 3 })

/** A letter as a test says it: of which key, and why. */
export interface Given {
  readonly key: string
  readonly error: string
  readonly redriven: number
}

export const givenLetters: fc.Arbitrary<readonly Given[]> = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    error: fc.constantFrom('TypeError', 'CardRefused'),
    redriven: fc.nat(3),
  }),
  { minLength: 1, maxLength: 12 },
)

/** What `one` carries, where it came back before. */
const headersOf = ({ redriven }: Given, at: number): ReadonlyMap<string, Uint8Array> =>
  redriven === 0
    ? new Map()
    : new Map<string, Uint8Array>()
        .set(redriveHeader.count, utf8(String(redriven)))
        .set(redriveHeader.origin, utf8(`orders-${at % 3}-${at}`))

/** An engine in memory in which letters lie. Each letter's record has its number as value. */
export interface LettersWorld {
  readonly engine: Engine
  readonly millrace: Millrace
}

export const letterWorld = async (given: readonly Given[]): Promise<LettersWorld> => {
  const parts = { clock: systemClock, random: systemRandom }
  const engine = rightOf(await memoryEngine({ name: 'memory:', ...parts })())
  const millrace = openMillrace({ url: 'memory:', engine, ...parts, clientId: 'test', send: {} })
  await millrace.create(dead, orders)
  for (const [at, one] of given.entries()) {
    const key = utf8(one.key)
    const headers = headersOf(one, at)
    const record = { topic: 'orders', partition: at % 3, offset: at, timestamp: 1_000 + at, key, headers }
    const error = Object.assign(new Error('no'), { name: one.error })
    const letter = deadLetterOf({ pipeline: 'charge', record: { ...record, value: utf8(String(at)) }, error })
    await millrace.send(dead, [{ key, value: letter, partition: one.key < 'c' ? 0 : 1 }])
  }
  return { engine, millrace }
}

/** Redrives on `engine`, whatever is not said being as wide as can be. */
export const redriveOn = (
  engine: Engine,
  order: Partial<RedriveOrder> = {},
  clock: Clock = systemClock,
): Promise<RedriveOutcome> =>
  redrive(
    {
      engine,
      clock,
      letters: dead,
      read: (topic, reading) =>
        readBatches(engine, topic, { ...reading, until: 'latest', clock, lifetime: new AbortController().signal }),
      patiently: (call, isHarmless) => settlePatiently(systemClock, call, isHarmless),
      batchRecords: 2,
    },
    {
      filter: {},
      to: 'origin',
      by: 'test',
      isDry: false,
      max: Number.POSITIVE_INFINITY,
      redrivesMax: Number.POSITIVE_INFINITY,
      rate: undefined,
      signal: undefined,
      onMoved: undefined,
      ...order,
    },
  )

/** What came back: the numbers of the records, a partition each, in their order; and the ids of the letters that were noted. */
export interface CameBack {
  readonly partitions: readonly (readonly number[])[]
  readonly noted: readonly string[]
}

export const cameBack = async ({ millrace }: LettersWorld): Promise<CameBack> => {
  const partitions: number[][] = [[], [], []]
  for await (const { partition, value } of millrace.read(orders, { until: 'latest' }))
    partitions[partition]?.push(Number(fromUtf8(value ?? new Uint8Array())))
  const noted: string[] = []
  const notes = redrivenTopic(dead.name)
  if ((await millrace.describe(notes)).length > 0)
    for await (const { key } of millrace.read(notes, { until: 'latest' })) noted.push(key)
  return { partitions, noted }
}

/** Thrown where the process is gone. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

type Through = <A>(call: Call<A>) => Call<A>

/** `engine` with all its calls passed through `through`. */
const passedThrough = (engine: Engine, through: Through): Engine => {
  const producer = (one: TransactionalProducer): TransactionalProducer => ({
    append: (batches) => through(one.append(batches)),
    sendOffsets: (token, offsets) => through(one.sendOffsets(token, offsets)),
    commit: () => through(one.commit()),
    abort: () => through(one.abort()),
    close: () => through(one.close()),
  })
  return {
    ...engine,
    topics: {
      ...engine.topics,
      create: (spec) => through(engine.topics.create(spec)),
      describe: (names) => through(engine.topics.describe(names)),
    },
    reader: {
      fetch: (request) => through(engine.reader.fetch(request)),
      offsets: (queries, isolation) => through(engine.reader.offsets(queries, isolation)),
      settled: (partitions, signal) => through(engine.reader.settled(partitions, signal)),
    },
    transactions: (options) =>
      through(async () => {
        const taken = await engine.transactions(options)()
        return E.isLeft(taken) ? taken : E.right(producer(taken.right))
      }),
  }
}

/** `engine` for a process that is killed at call number `at`: before it, or with the answer on its way. */
export const killedAt = (engine: Engine, at: number, when: 'before' | 'after'): Engine => {
  let calls = 0
  return passedThrough(engine, (call) => async () => {
    const number = calls++
    if (number > at || (number === at && when === 'before')) throw new Killed('gone')
    const answer = await call()
    if (number === at) throw new Killed('gone')
    return answer
  })
}

/** `engine` whose call number `at` has to wait until `other` is over: before it is made, or with the answer on its way. */
export const overtakenAt = (
  engine: Engine,
  {
    at,
    when,
    other,
  }: { readonly at: number; readonly when: 'before' | 'after'; readonly other: () => Promise<unknown> },
): Engine => {
  let calls = 0
  return passedThrough(engine, (call) => async () => {
    const isIt = calls++ === at
    if (isIt && when === 'before') await other()
    const answer = await call()
    if (isIt && when === 'after') await other()
    return answer
  })
}

/** `engine` whose calls, and their answers, take as long as `scheduler` says. */
export const inTurns = (engine: Engine, scheduler: fc.Scheduler): Engine =>
  passedThrough(engine, (call) => async () => {
    await scheduler.schedule(Promise.resolve())
    const answer = await call()
    await scheduler.schedule(Promise.resolve())
    return answer
  })
