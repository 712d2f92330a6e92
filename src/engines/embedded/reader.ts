import * as E from 'fp-ts/lib/Either.js'
import type { Fetched, FetchRequest, Isolation, OffsetQuery, Reader } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { Position, TopicPartition } from '../../contracts/position.ts'
import type { PartitionLog } from '../../log/partition-log.ts'
import { outOfRange } from '../refusals.ts'
import type { Lifetime } from './lifetime.ts'
import type { PartitionFinder } from './partitions.ts'
import type { Wakeups } from './wakeups.ts'

export interface ReaderParts {
  readonly lifetime: Lifetime
  readonly partitions: PartitionFinder
  readonly wakeups: Wakeups
}

/** Reads partitions where they stand, and waits for those that have nothing yet. */
export const embeddedReader = ({ lifetime, partitions, wakeups }: ReaderParts): Reader => {
  let fetches = 0
  return {
    fetch: (request) =>
      lifetime.call(() => {
        const from = Math.floor(((fetches++ * goldenRatio) % 1) * request.positions.length)
        const ask = () => {
          const fetched = fetchNow(partitions, request, from)
          return fetched.length === 0 ? undefined : E.right(fetched)
        }
        // as a rule there is something, and nothing to wait for
        const now = request.signal?.aborted === true ? undefined : ask()
        if (now !== undefined) return now
        return wakeups.answer<readonly Fetched[]>({
          partitions: request.positions,
          ask,
          signal: request.signal,
          limit: { afterMs: request.maxWaitMs, late: () => E.right([]) },
        })
      }),
    offsets: (queries, isolation) => lifetime.call(() => offsetsNow(partitions, queries, isolation)),
    settled: (asked, signal) =>
      lifetime.call(() => {
        const targets = highWatermarks(partitions, asked)
        if (targets._tag === 'Left') return targets
        return wakeups.answer<readonly Position[]>({
          partitions: asked,
          ask: () => passed(partitions, targets.right),
          signal,
        })
      }),
  }
}

/** Multiples of it are spread evenly, whatever the stride: readers that take turns meet every partition first. */
const goldenRatio = (1 + Math.sqrt(5)) / 2

/** Begins with another partition each time, so that one with much does not take all the bytes for ever. */
const fetchNow = (partitions: PartitionFinder, request: FetchRequest, from: number): readonly Fetched[] => {
  const { positions, maxBytes, isolation } = request
  const fetched: Fetched[] = []
  let left = maxBytes
  for (let index = 0; index < positions.length; index++) {
    const position = positions[(index + from) % positions.length] as Position
    const log = partitions.find(position)
    if (log._tag === 'Left') {
      fetched.push(unreadable(position, log.left))
      continue
    }
    const answer = readAt(log.right, position, { maxBytes: left, isolation, first: left === maxBytes })
    if (answer === undefined) continue
    fetched.push(answer)
    for (const batch of answer.batches) left -= batch.length
  }
  return fetched
}

interface Share {
  readonly maxBytes: number
  readonly isolation: Isolation
  /** Nothing was read before it: it may pass its bytes. */
  readonly first: boolean
}

const readAt = (log: PartitionLog, position: Position, share: Share): Fetched | undefined => {
  const { topic, partition, offset } = position
  const { startOffset, highWatermark, lastStableOffset } = log
  const at = { topic, partition, startOffset, highWatermark, lastStableOffset }
  if (!(offset >= startOffset && offset <= highWatermark)) {
    const failure = outOfRange(position, { startOffset, highWatermark })
    return { ...at, batches: [], nextOffset: offset, failure }
  }
  const bound = share.isolation === 'read_committed' ? lastStableOffset : highWatermark
  if (offset >= bound || (share.maxBytes <= 0 && !share.first)) return undefined
  const read = log.read({ offset, maxBytes: share.maxBytes, isolation: share.isolation })
  if (read._tag === 'Left') return { ...at, batches: [], nextOffset: offset, failure: read.left }
  const { batches, nextOffset } = read.right
  return nextOffset > offset ? { ...at, batches, nextOffset } : undefined
}

const unreadable = ({ topic, partition, offset }: Position, failure: EngineFailure): Fetched => ({
  topic,
  partition,
  batches: [],
  nextOffset: offset,
  highWatermark: -1,
  lastStableOffset: -1,
  startOffset: -1,
  failure,
})

const offsetsNow = (
  partitions: PartitionFinder,
  queries: readonly OffsetQuery[],
  isolation: Isolation,
): E.Either<EngineFailure, readonly Position[]> => {
  const found: Position[] = []
  for (const { topic, partition, at } of queries) {
    const log = partitions.find({ topic, partition })
    if (log._tag === 'Left') return log
    const { startOffset, highWatermark, lastStableOffset } = log.right
    const end = isolation === 'read_committed' ? lastStableOffset : highWatermark
    if (typeof at === 'string') {
      found.push({ topic, partition, offset: at === 'earliest' ? startOffset : end })
      continue
    }
    const offset = log.right.offsetAt(at.timestamp, isolation)
    if (offset._tag === 'Left') return offset
    found.push({ topic, partition, offset: offset.right ?? end })
  }
  return E.right(found)
}

interface Target {
  readonly log: PartitionLog
  readonly position: Position
}

const highWatermarks = (
  partitions: PartitionFinder,
  asked: readonly TopicPartition[],
): E.Either<EngineFailure, readonly Target[]> => {
  const targets: Target[] = []
  for (const { topic, partition } of asked) {
    const log = partitions.find({ topic, partition })
    if (log._tag === 'Left') return log
    targets.push({ log: log.right, position: { topic, partition, offset: log.right.highWatermark } })
  }
  return E.right(targets)
}

const passed = (
  partitions: PartitionFinder,
  targets: readonly Target[],
): E.Either<EngineFailure, readonly Position[]> | undefined => {
  for (const { log, position } of targets) {
    const now = partitions.find(position)
    if (now._tag === 'Left') return now
    // another log under the name is another topic: nothing of the old one will ever settle
    if (now.right.topicId === log.topicId && now.right.lastStableOffset < position.offset) return undefined
  }
  return E.right(targets.map(({ position }) => position))
}
