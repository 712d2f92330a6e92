import type { Clock } from '../contracts/clock.ts'
import type { Engine, Isolation, OffsetAt } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { type Position, partitionName, type TopicPartition } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { Topic } from '../contracts/topic.ts'
import type { LogRange } from '../protocol/client/fetch-position.ts'
import type { OnUnreadable } from './fetched-records.ts'
import { Fetcher, outsideOfLog, type WayOut } from './fetcher.ts'
import { turnDue } from './loop-turns.ts'
import { unknownTopic } from './unknown-topic.ts'

/** Where a reading begins: the oldest record, after the newest, at a time, or at offsets of one's own. */
export type From =
  | 'earliest'
  | 'latest'
  | { readonly timestamp: number }
  | { readonly offsets: Readonly<Record<number, number>> }

/** How `read` and `observe` read a topic. */
export interface ReadOptions {
  /** `earliest` where nothing is said. With offsets (by partition), partitions that are not named begin at their oldest. */
  readonly from?: From
  /** `latest` ends after what was committed before the call; without it the reading goes on for ever. */
  readonly until?: 'latest'
  /** Only these. */
  readonly partitions?: readonly number[]
  /** `read_committed` where nothing is said. */
  readonly isolation?: Isolation
  /** `halt` where nothing is said. */
  readonly onUnreadable?: OnUnreadable
  /** Ends the reading, without an error. */
  readonly signal?: AbortSignal
}

const wayOut: WayOut = {
  outside: "begin at 'earliest', at 'latest', or at one that is there with from: { offsets }",
  damaged: 'begin behind it with from: { offsets }',
}

const maxFetchBytes = 1024 * 1024
const maxWaitMs = 60_000

/**
 * The records of a topic, an array a fetch. See `Millrace.read`.
 *
 * `lifetime` aborts when the engine is about to close: a reading without end then ends, one up to `latest` rejects,
 * since it has not come that far.
 */
export async function* readBatches<K, V>(
  engine: Engine,
  topic: Topic<K, V>,
  options: ReadOptions & { readonly clock: Clock; readonly lifetime: AbortSignal },
): AsyncGenerator<readonly StreamRecord<K, V>[], void, undefined> {
  const { isolation = 'read_committed', onUnreadable = 'halt', lifetime } = options
  const partitions = await findPartitions(engine, topic.name, options)
  const signal = options.signal === undefined ? lifetime : AbortSignal.any([lifetime, options.signal])
  const isBounded = options.until === 'latest'
  const refuseClosed = (): void => {
    if (isBounded && lifetime.aborted)
      throw new MillraceError(engineFailure('closed', `closed while '${topic.name}' was read`))
  }
  const ends = isBounded
    ? await unlessCancelled(endsOf(engine, partitions, isolation, signal))
    : new Map<number, number>()
  if (ends === undefined) return refuseClosed()
  const fetcher = new Fetcher<K, V>({ reader: engine.reader, isolation, onUnreadable, wayOut })
  for (const { partition, offset } of await startsOf(engine, partitions, isolation, options.from ?? 'earliest'))
    fetcher.add(topic, partition, offset)
  for (;;) {
    for (const { topic: name, partition, offset } of fetcher.positions)
      if (offset >= (ends.get(partition) ?? Number.POSITIVE_INFINITY)) fetcher.remove({ topic: name, partition })
    if (fetcher.positions.length === 0) return
    const records = await unlessCancelled(fetcher.fetch({ maxBytes: maxFetchBytes, maxWaitMs, signal }))
    if (records === undefined) return refuseClosed()
    const wanted = isBounded ? records.filter((r) => r.offset < (ends.get(r.partition) ?? 0)) : records
    if (wanted.length > 0) yield wanted
    await turnDue(options.clock)
  }
}

/** `undefined` where a signal has ended the wait. */
const unlessCancelled = <A>(answer: Promise<A>): Promise<A | undefined> =>
  answer.catch((error: unknown) => {
    if (error instanceof MillraceError && error.code === 'cancelled') return undefined
    throw error
  })

/**
 * All partitions of a topic, or those asked for. Rejects with `unknown-topic`, and with `unknown-partition` for one that is
 * asked for, or has an offset to begin at, and does not exist.
 */
const findPartitions = async (
  engine: Engine,
  topic: string,
  { partitions: wanted, from }: Pick<ReadOptions, 'partitions' | 'from'>,
): Promise<readonly TopicPartition[]> => {
  const [found] = await settle(engine.topics.describe([topic]))
  if (found === undefined) throw unknownTopic(engine, topic)
  const all = Array.from({ length: found.partitions }, (_, partition) => ({ topic, partition }))
  const existing = (partition: number): TopicPartition => {
    const one = all[partition]
    if (one !== undefined) return one
    const message = `topic '${topic}' has partitions 0 to ${found.partitions - 1}, and not ${partition}`
    throw new MillraceError(engineFailure('unknown-partition', message))
  }
  if (typeof from === 'object' && 'offsets' in from) for (const one of Object.keys(from.offsets)) existing(Number(one))
  return wanted === undefined ? all : wanted.map(existing)
}

const endsOf = async (
  engine: Engine,
  partitions: readonly TopicPartition[],
  isolation: Isolation,
  signal: AbortSignal,
): Promise<Map<number, number>> => {
  const ends =
    isolation === 'read_committed'
      ? await settle(engine.reader.settled(partitions, signal))
      : await settle(
          engine.reader.offsets(
            partitions.map((p) => ({ ...p, at: 'latest' })),
            isolation,
          ),
        )
  return new Map(ends.map(({ partition, offset }) => [partition, offset]))
}

/** Where each partition begins. Rejects with `offset-out-of-range` for an offset that the log does not have. */
export const startsOf = async (
  engine: Engine,
  partitions: readonly TopicPartition[],
  isolation: Isolation,
  from: From,
): Promise<readonly Position[]> => {
  const find = (at: OffsetAt) =>
    settle(
      engine.reader.offsets(
        partitions.map((p) => ({ ...p, at })),
        isolation,
      ),
    )
  if (typeof from !== 'object' || !('offsets' in from)) return find(from)
  const starts = await find('earliest')
  const ends = await highWatermarks(engine, partitions)
  return starts.map((start) => {
    const offset = from.offsets[start.partition] ?? start.offset
    checkOffset({ ...start, offset }, { startOffset: start.offset, endOffset: ends.get(start.partition) ?? 0 })
    return { ...start, offset }
  })
}

const highWatermarks = async (
  engine: Engine,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<number, number>> => {
  const queries = partitions.map((p) => ({ ...p, at: 'latest' as const }))
  const ends = await settle(engine.reader.offsets(queries, 'read_uncommitted'))
  return new Map(ends.map(({ partition, offset }) => [partition, offset]))
}

/** Here and not at the first fetch: with `until: 'latest'` nothing is fetched beyond the end. */
const checkOffset = (at: Position, range: LogRange): void => {
  const { offset } = at
  if (!(Number.isSafeInteger(offset) && offset >= 0))
    throw new MillraceError(
      engineFailure(
        'offset-out-of-range',
        `${partitionName(at)} has no offset ${offset}: offsets are whole, from 0; ${wayOut.outside}`,
      ),
    )
  if (offset < range.startOffset || offset > range.endOffset)
    throw new MillraceError(outsideOfLog(at, range, wayOut.outside))
}
