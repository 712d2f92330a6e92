import * as E from 'fp-ts/lib/Either.js'
import { isControl } from '../../../batch/record-batch.ts'
import type { Fetched, FetchRequest, Isolation, OffsetAt, OffsetQuery, Reader } from '../../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { type Position, partitionName, type TopicPartition } from '../../../contracts/position.ts'
import { batchFields } from '../../../log/batch-fields.ts'
import { readCommitted } from '../../../protocol/client/read-committed.ts'
import type { FetchedPartition } from '../wire.ts'
import { type Answer, type Connection, isPassing, requestTimeoutMs } from './connection.ts'

/** How long a leader waits for news at most, so that a client hears when leaders change. */
const maxWaitMs = 500
const backoffMs = 20
/** How often the last stable offset is looked at while it has to come. */
const settledEveryMs = 10

/** Reads partitions at their leaders, wherever these are. */
export const simulatedReader = (connection: Connection): Reader => {
  const fetcher = new Fetcher(connection)
  return {
    fetch: (request) => connection.call(() => fetcher.fetch(request)),
    offsets: (queries, isolation) => connection.call(() => offsets(connection, queries, isolation)),
    settled: (partitions, signal) => connection.call(() => settled(connection, partitions, signal)),
  }
}

/** What came for a fetch that was answered already, for the next one at that place. */
interface Kept {
  readonly offset: number
  readonly isolation: Isolation
  readonly fetched: FetchedPartition
}

class Fetcher {
  readonly #connection: Connection
  readonly #kept = new Map<string, Kept>()
  /** Leaders that are asked at the moment, and for what. */
  readonly #asking = new Set<string>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async fetch(request: FetchRequest): Answer<readonly Fetched[]> {
    const { signal, maxWaitMs } = request
    if (signal?.aborted === true) return E.left(cancelled())
    const { world, process } = this.#connection
    return new Promise((resolve) => {
      let isOver = false
      const end = (answer: E.Either<EngineFailure, readonly Fetched[]>) => {
        if (isOver) return
        isOver = true
        stopTimer()
        signal?.removeEventListener('abort', abort)
        resolve(answer)
      }
      const abort = () => end(E.left(cancelled()))
      const stopTimer = world.after(process, maxWaitMs, 'has waited', () => end(E.right(this.#take(request))))
      signal?.addEventListener('abort', abort)
      this.#connection.onEnd(abort)
      const until = world.now + maxWaitMs
      const look = () => {
        if (isOver) return
        const found = this.#take(request)
        if (found.length > 0) return end(E.right(found))
        this.#ask(request, until, look).catch((error: unknown) => {
          throw error
        })
      }
      look()
    })
  }

  /** What is here for the request already. */
  #take({ positions, isolation, maxBytes }: FetchRequest): readonly Fetched[] {
    const found: Fetched[] = []
    let left = maxBytes
    for (const position of positions) {
      const name = partitionName(position)
      const kept = this.#kept.get(name)
      if (kept === undefined) continue
      if (kept.offset !== position.offset || kept.isolation !== isolation) {
        this.#kept.delete(name)
        continue
      }
      if (found.length > 0 && left <= 0) continue
      this.#kept.delete(name)
      const fetched = fetchedOf(position, kept)
      for (const batch of fetched.batches) left -= batch.length
      if (fetched.failure !== undefined || fetched.nextOffset > position.offset) found.push(fetched)
    }
    return found
  }

  /** Asks each leader for its part; `look` hears of everything that comes. */
  async #ask({ positions, isolation, maxBytes }: FetchRequest, until: number, look: () => void): Promise<void> {
    const connection = this.#connection
    const { world } = connection
    const byLeader = new Map<string, Position[]>()
    let needsMetadata = false
    for (const position of positions) {
      const leader = await connection.leader(position)
      if (E.isRight(leader)) {
        const its = byLeader.get(leader.right)
        if (its === undefined) byLeader.set(leader.right, [position])
        else its.push(position)
      } else if (isPassing(leader.left)) needsMetadata = true
      else this.#keep(position, isolation, failed(position, leader.left))
    }
    for (const [leader, its] of byLeader) {
      const key = `${leader}:${isolation}:${its.map((at) => `${partitionName(at)}@${at.offset}`).join()}`
      if (this.#asking.has(key)) continue
      this.#asking.add(key)
      const waitMs = Math.max(0, Math.min(maxWaitMs, until - world.now))
      const asked = { positions: its, isolation, maxBytes, maxWaitMs: waitMs }
      connection
        .ask(leader, 'fetch', asked, waitMs + requestTimeoutMs)
        .then((answer) => {
          this.#asking.delete(key)
          let isStale = E.isLeft(answer)
          for (const fetched of E.isRight(answer) ? answer.right : []) {
            const position = its.find((at) => at.topic === fetched.topic && at.partition === fetched.partition)
            if (position === undefined) continue
            if (fetched.failure !== undefined && isPassing(fetched.failure)) isStale = true
            else this.#keep(position, isolation, fetched)
          }
          return isStale ? this.#again(look) : look()
        })
        .catch((error: unknown) => {
          throw error
        })
    }
    if (needsMetadata || byLeader.size === 0) await this.#again(look)
  }

  async #again(look: () => void): Promise<void> {
    await this.#connection.wait(backoffMs, 'backs off')
    await this.#connection.refresh()
    look()
  }

  #keep(position: Position, isolation: Isolation, fetched: FetchedPartition): void {
    this.#kept.set(partitionName(position), { offset: position.offset, isolation, fetched })
  }
}

const fetchedOf = ({ topic, partition, offset }: Position, { isolation, fetched }: Kept): Fetched => {
  const { startOffset, highWatermark, lastStableOffset, failure, aborted } = fetched
  const { batches, nextOffset } = readCommitted(batchFields, {
    position: offset,
    batches: fetched.batches,
    aborted: isolation === 'read_committed' ? aborted : [],
  })
  const bounds = { topic, partition, startOffset, highWatermark, lastStableOffset, nextOffset }
  const kept = batches.filter((batch) => !isControl(batch))
  return failure === undefined ? { ...bounds, batches: kept } : { ...bounds, batches: [], failure }
}

const failed = ({ topic, partition }: Position, failure: EngineFailure): FetchedPartition => ({
  topic,
  partition,
  batches: [],
  startOffset: -1,
  highWatermark: -1,
  lastStableOffset: -1,
  aborted: [],
  failure,
})

type Query = TopicPartition & { readonly at: OffsetAt | 'high-watermark' }

const offsets = async (
  connection: Connection,
  queries: readonly (OffsetQuery | Query)[],
  isolation: Isolation,
  signal?: AbortSignal,
): Answer<readonly Position[]> => {
  const found: Position[] = []
  for (const { topic, partition, at } of queries) {
    const one = await connection.patiently(
      async (): Answer<Position> => {
        const leader = await connection.leader({ topic, partition })
        if (E.isLeft(leader)) return leader
        const answer = await connection.ask(leader.right, 'listOffsets', {
          queries: [{ topic, partition, at }],
          isolation,
        })
        if (E.isLeft(answer)) return answer
        const [position] = answer.right
        if (position === undefined) throw new Error('broken invariant: an offset was not answered')
        return 'failure' in position ? E.left(position.failure) : E.right(position)
      },
      { signal },
    )
    if (E.isLeft(one)) return one
    found.push(one.right)
  }
  return E.right(found)
}

const settled = async (
  connection: Connection,
  partitions: readonly TopicPartition[],
  signal: AbortSignal | undefined,
): Answer<readonly Position[]> => {
  const queries = (at: OffsetAt | 'high-watermark') =>
    partitions.map(({ topic, partition }) => ({ topic, partition, at }))
  const targets = await offsets(connection, queries('high-watermark'), 'read_uncommitted', signal)
  if (E.isLeft(targets)) return targets
  for (;;) {
    if (signal?.aborted === true) return E.left(cancelled())
    const stable = await offsets(connection, queries('latest'), 'read_committed', signal)
    if (E.isLeft(stable)) return stable
    const hasPassed = targets.right.every(({ offset }, index) => (stable.right[index]?.offset ?? -1) >= offset)
    if (hasPassed) return targets
    if (connection.ended !== undefined) return E.left(connection.ended)
    await connection.wait(settledEveryMs, 'waits for transactions to end')
  }
}

const cancelled = (): EngineFailure => engineFailure('cancelled', 'the wait was cancelled by its signal')
