import * as E from 'fp-ts/lib/Either.js'
import { isControl } from '../../../batch/record-batch.ts'
import type { Fetched, FetchRequest, Isolation, OffsetAt, OffsetQuery, Reader } from '../../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { type Position, partitionName, type TopicPartition } from '../../../contracts/position.ts'
import { batchFields } from '../../../log/batch-fields.ts'
import { readCommitted } from '../../../protocol/client/read-committed.ts'
import { type FetchedPartition, unreadable } from '../fetched-partition.ts'
import { readText } from '../message-text.ts'
import { type Answer, backoffMs, type Connection, isPassing, requestTimeoutMs } from './connection.ts'

/** How long a leader waits for news at most, so that a client hears when leaders change. */
const maxWaitMs = 500
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

/** One fetch of a client, while it waits. */
interface Round {
  readonly request: FetchRequest
  /** When its wait is over, in virtual milliseconds. */
  readonly until: number
  /** Leaders that are being asked, and for what. */
  readonly asking: Set<string>
  readonly look: () => void
}

class Fetcher {
  readonly #connection: Connection
  readonly #kept = new Map<string, Kept>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Every leader is asked at least once, however short the wait. */
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
      const look = () => {
        if (isOver) return
        const found = this.#take(request)
        if (found.length > 0) return end(E.right(found))
        if (world.now >= round.until) return round.asking.size === 0 ? end(E.right([])) : undefined
        // a group's member without partitions waits, and asks for nothing
        if (request.positions.length > 0) void this.#ask(round)
      }
      const round: Round = { request, until: world.now + maxWaitMs, asking: new Set(), look }
      const stopTimer = world.after(process, maxWaitMs, 'has waited', look)
      signal?.addEventListener('abort', abort)
      if (maxWaitMs > 0) look()
      else void this.#ask(round)
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
      if (fetched.batches.length > 0) {
        const { world, process } = this.#connection
        world.tell(process, () => readText(position, fetched), 'records')
      }
    }
    return found
  }

  /** Asks each leader for its part, unless that is being done; the round looks at everything that comes. */
  async #ask(round: Round): Promise<void> {
    const connection = this.#connection
    const { positions, isolation } = round.request
    const byLeader = new Map<string, Position[]>()
    let isStale = false
    round.asking.add('leaders')
    for (const position of positions) {
      const leader = await connection.leader(position)
      if (E.isRight(leader)) {
        const its = byLeader.get(leader.right)
        if (its === undefined) byLeader.set(leader.right, [position])
        else its.push(position)
      } else if (isPassing(leader.left)) isStale = true
      else this.#keep(position, isolation, unreadable(position, leader.left))
    }
    round.asking.delete('leaders')
    for (const [leader, its] of byLeader) void this.#askLeader(round, leader, its)
    if (isStale) await this.#again(round)
    else if (byLeader.size === 0) round.look()
  }

  async #askLeader(round: Round, leader: string, its: readonly Position[]): Promise<void> {
    const { isolation, maxBytes } = round.request
    const key = `${leader}: ${its.map(partitionName).join()}`
    if (round.asking.has(key)) return
    round.asking.add(key)
    const waitMs = Math.max(0, Math.min(maxWaitMs, round.until - this.#connection.world.now))
    const asked = { positions: its, isolation, maxBytes, maxWaitMs: waitMs }
    const answer = await this.#connection.ask(leader, 'fetch', asked, waitMs + requestTimeoutMs)
    round.asking.delete(key)
    let isStale = E.isLeft(answer)
    for (const fetched of E.isRight(answer) ? answer.right : []) {
      const position = its.find((at) => at.topic === fetched.topic && at.partition === fetched.partition)
      if (position === undefined) continue
      if (fetched.failure !== undefined && isPassing(fetched.failure)) isStale = true
      else this.#keep(position, isolation, fetched)
    }
    if (isStale) await this.#again(round)
    else round.look()
  }

  async #again(round: Round): Promise<void> {
    await this.#connection.wait(backoffMs, 'backs off')
    await this.#connection.refresh()
    round.look()
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
