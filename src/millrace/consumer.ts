import type { Subscription } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import type { AssignorName, Engine, GroupEvent, GroupToken, Isolation, Membership } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import { type Position, partitionName, type TopicPartition } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { Topic } from '../contracts/topic.ts'
import { checkPartitions, checkPosition, checkPositions } from './check-positions.ts'
import { checkPoll } from './check-reading.ts'
import type { OnUnreadable } from './fetched-records.ts'
import { Fetcher, type WayOut } from './fetcher.ts'
import { turnDue } from './loop-turns.ts'
import { startsOf } from './read.ts'
import { settlePatiently } from './settle-patiently.ts'
import { unknownTopic } from './unknown-topic.ts'

/** How a consumer reads: as a member of a group that shares the topics' partitions, or the partitions it names. */
export interface ConsumerOptions<K, V> {
  readonly topics: readonly Topic<K, V>[]
  /** Whose committed offsets it goes on from, and commits to. */
  readonly group: string
  /** These and no others, without being a member: nobody else of the group may use them. */
  readonly assign?: readonly TopicPartition[]
  /** Where a partition begins for which the group has committed nothing; `earliest` where nothing is said. */
  readonly from?: 'earliest' | 'latest' | { readonly timestamp: number }
  readonly assignor?: AssignorName
  /** A member under a lasting name: a restart within the session moves no partition. */
  readonly instanceId?: string
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly isolation?: Isolation
  readonly onUnreadable?: OnUnreadable
  /**
   * Before partitions go to somebody else: commit what was done of them. Called inside of `poll`, which rejects as it does,
   * and calls it again the next time. Not called for partitions that are lost by then, as after a long stall.
   */
  readonly onRevoked?: (partitions: readonly TopicPartition[]) => Promise<void>
}

export interface PollOptions {
  /** How long to wait while there is nothing; 1000 where nothing is said. */
  readonly timeoutMs?: number
  /** About how much to read at most; 1 MiB where nothing is said. */
  readonly maxBytes?: number
}

/** A reader by hand: what it has read counts as done when it says so. */
export interface Consumer<K, V> {
  /** The next records; none when the wait is over. Partitions come and go here, and nowhere else. */
  readonly poll: (options?: PollOptions) => Promise<readonly StreamRecord<K, V>[]>
  /** Commits the positions given, or where the consumer stands: after everything that `poll` has handed out. */
  readonly commit: (positions?: readonly Position[]) => Promise<void>
  /** The next `poll` reads on from there. */
  readonly seek: (to: Position) => void
  readonly pause: (...partitions: readonly TopicPartition[]) => void
  readonly resume: (...partitions: readonly TopicPartition[]) => void
  /** Where it stands in each of its partitions. */
  readonly positions: () => readonly Position[]
  /** As whom it commits. */
  readonly token: () => GroupToken
  /** Leaves the group; commits nothing. */
  readonly close: () => Promise<void>
}

const wayOut: WayOut = { outside: 'seek into it', damaged: 'seek behind it' }

const defaults = { sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000, pollTimeoutMs: 1_000, maxBytes: 1024 * 1024 }

/** Opens a consumer; see `Millrace.consumer`. */
export const openConsumer = async <K, V>(
  engine: Engine,
  clock: Clock,
  options: ConsumerOptions<K, V>,
): Promise<Consumer<K, V>> => {
  const consumer = new OpenConsumer(engine, clock, options)
  await consumer.begin()
  return consumer
}

class OpenConsumer<K, V> implements Consumer<K, V> {
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #o: ConsumerOptions<K, V>
  readonly #isolation: Isolation
  readonly #fetcher: Fetcher<K, V>
  #membership: Membership | undefined
  #events: GroupEvent[] = []
  #ended: EngineFailure | undefined
  /** The token as of the last poll. */
  #polledUnder: GroupToken | undefined
  #subscription: Subscription | undefined
  /** Ends the wait of a poll: something has happened in the group. */
  #wake: AbortController = new AbortController()
  #closed = false

  constructor(engine: Engine, clock: Clock, options: ConsumerOptions<K, V>) {
    this.#engine = engine
    this.#clock = clock
    this.#o = options
    this.#isolation = options.isolation ?? 'read_committed'
    this.#fetcher = new Fetcher({
      reader: engine.reader,
      isolation: this.#isolation,
      onUnreadable: options.onUnreadable ?? 'halt',
      wayOut,
    })
  }

  async begin(): Promise<void> {
    if (typeof this.#o.group !== 'string' || this.#o.group === '')
      throw new MillraceError(
        engineFailure('invalid-name', `a consumer's group is a name, and not '${this.#o.group}': say group: 'audit'`),
      )
    if (this.#o.assign !== undefined) return this.#add(this.#o.assign)
    await this.#refuseUnknownTopics()
    const membership = await settle(
      this.#engine.groups.join({
        group: this.#o.group,
        topics: this.#o.topics.map(({ name }) => name),
        assignor: this.#o.assignor ?? 'cooperative-sticky',
        ...(this.#o.instanceId === undefined ? {} : { instanceId: this.#o.instanceId }),
        sessionTimeoutMs: this.#o.sessionTimeoutMs ?? defaults.sessionTimeoutMs,
        rebalanceTimeoutMs: this.#o.rebalanceTimeoutMs ?? defaults.rebalanceTimeoutMs,
      }),
    )
    this.#membership = membership
    this.#subscription = membership.events.subscribe({
      next: (event) => {
        this.#events.push(event)
        this.#wake.abort()
      },
      error: (failure: EngineFailure) => {
        this.#ended = failure
        this.#wake.abort()
      },
    })
  }

  readonly poll = async (options: PollOptions = {}): Promise<readonly StreamRecord<K, V>[]> => {
    checkPoll(options)
    const { timeoutMs = defaults.pollTimeoutMs, maxBytes = defaults.maxBytes } = options
    this.#refuseWhenClosed()
    // first, so that an event which comes while others are applied cuts the wait short
    if (this.#wake.signal.aborted) this.#wake = new AbortController()
    if (this.#events.length > 0) await this.#applyEvents()
    this.#polledUnder = this.#membership?.token()
    if (this.#ended !== undefined) throw new MillraceError(this.#ended)
    try {
      const records = await this.#fetcher.fetch({ maxWaitMs: timeoutMs, maxBytes, signal: this.#wake.signal })
      await turnDue(this.#clock)
      return records
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'cancelled')) throw error
      this.#refuseWhenClosed()
      await this.#applyEvents()
      this.#polledUnder = this.#membership?.token()
      return []
    }
  }

  readonly commit = async (positions: readonly Position[] = this.positions()): Promise<void> => {
    this.#refuseWhenClosed()
    checkPositions('commit(…)', positions)
    if (positions.length === 0) return
    await settle(
      this.#engine.groups.commit(
        this.token(),
        positions.map((position) => ({ ...position, metadata: '' })),
      ),
    )
  }

  readonly seek = (to: Position): void => {
    checkPosition('seek(…)', to)
    this.#fetcher.seek(to)
  }

  readonly pause = (...partitions: readonly TopicPartition[]): void => {
    checkPartitions('pause(…)', partitions)
    for (const partition of partitions) this.#fetcher.pause(partition, true)
  }

  readonly resume = (...partitions: readonly TopicPartition[]): void => {
    checkPartitions('resume(…)', partitions)
    for (const partition of partitions) this.#fetcher.pause(partition, false)
  }

  readonly positions = (): readonly Position[] => this.#fetcher.positions

  /**
   * What was polled before partitions were lost is another's by now, also where they have come back since: until the next
   * poll knows of it, commits go under the generation that it was polled in, and are refused.
   */
  readonly token = (): GroupToken => {
    const held = this.#isLost ? this.#polledUnder : undefined
    return held ?? this.#membership?.token() ?? { group: this.#o.group, generation: -1, memberId: '' }
  }

  readonly close = async (): Promise<void> => {
    if (this.#closed) return
    this.#closed = true
    this.#wake.abort()
    this.#subscription?.unsubscribe()
    if (this.#membership !== undefined) await settle(this.#membership.leave())
  }

  async #applyEvents(): Promise<void> {
    // one that could not be applied is applied again by the next poll
    for (let event = this.#events[0]; event !== undefined; event = this.#events[0]) {
      if (event._tag === 'assigned') await this.#add(event.partitions)
      else {
        if (event._tag === 'revoked' && !this.#isLost) await this.#o.onRevoked?.(event.partitions)
        for (const partition of event.partitions) this.#fetcher.remove(partition)
        if (event._tag === 'revoked') event.release()
      }
      this.#events.shift()
    }
  }

  /** What it has is another's already: nothing of it can be committed any more. */
  get #isLost(): boolean {
    return this.#events.some(({ _tag }) => _tag === 'lost')
  }

  /** A group would wait for them without a word. */
  async #refuseUnknownTopics(): Promise<void> {
    const names = this.#o.topics.map(({ name }) => name)
    const known = await settle(this.#engine.topics.describe(names))
    const missing = names.find((name) => !known.some((topic) => topic.name === name))
    if (missing !== undefined) throw unknownTopic(this.#engine, missing)
  }

  async #add(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return
    const committed = await settlePatiently(this.#clock, this.#engine.groups.committed(this.#o.group, partitions))
    const known = new Map(committed.map((position) => [partitionName(position), position.offset]))
    const fresh = partitions.filter((partition) => !known.has(partitionName(partition)))
    for (const { offset, ...partition } of await startsOf(
      this.#engine,
      fresh,
      this.#isolation,
      this.#o.from ?? 'earliest',
    ))
      known.set(partitionName(partition), offset)
    for (const partition of partitions)
      this.#fetcher.add(this.#topic(partition), partition.partition, known.get(partitionName(partition)) ?? 0)
  }

  #topic(partition: TopicPartition): Topic<K, V> {
    const topic = this.#o.topics.find(({ name }) => name === partition.topic)
    if (topic !== undefined) return topic
    const message = `${partitionName(partition)} is of none of the consumer's topics: name its topic under 'topics' too`
    throw new MillraceError(engineFailure('unknown-topic', message))
  }

  #refuseWhenClosed(): void {
    if (this.#closed)
      throw new MillraceError(
        engineFailure('closed', `the consumer of group '${this.#o.group}' is closed: open another`),
      )
  }
}
