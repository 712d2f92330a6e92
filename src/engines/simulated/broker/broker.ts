import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../../contracts/clock.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { type Position, partitionName, type TopicPartition } from '../../../contracts/position.ts'
import { logConfig } from '../../../log/log-config.ts'
import type { AlterPartition } from '../../../protocol/broker/alter-partition.ts'
import { leaderHighWatermark } from '../../../protocol/broker/high-watermark.ts'
import { isInSync } from '../../../protocol/broker/in-sync-replicas.ts'
import { replicaWith } from '../../../protocol/broker/replica.ts'
import { loadReplica } from '../../../protocol/broker/replica-state.ts'
import type { ClusterOptions, Mutant } from '../cluster-options.ts'
import { homeOf, internalTopics } from '../internal-topics.ts'
import { brokerName, controllerName, isAnswer, type Switchboard } from '../switchboard.ts'
import type { ClusterView, ReplyOf, RequestName, RequestOf, Server, TopicView } from '../wire.ts'
import type { Unanswered } from '../world/network.ts'
import type { Process } from '../world/process.ts'
import type { World } from '../world/world.ts'
import type { BrokerDisk } from './broker-disk.ts'
import { fetchAt, offsetAt, unreadable } from './consume.ts'
import { Coordination, isFailure } from './coordination.ts'
import { HostedReplica } from './hosted-replica.ts'
import { Markers } from './markers.ts'
import type { Watched } from './observer.ts'
import { mark, produce } from './produce.ts'
import { Replication } from './replication.ts'
import type { TransactionShard } from './transaction-shard.ts'

export interface BrokerParts {
  readonly id: number
  readonly world: World
  readonly process: Process
  readonly clock: Clock
  readonly switchboard: Switchboard
  readonly disk: BrokerDisk
  readonly options: ClusterOptions
  readonly watched: Watched
}

const heartbeatMs = 500
const requestTimeoutMs = 2_000
/** How often replicas look at the time. */
const tickMs = 500
/** How often high watermarks are written down, and the log's unsynced end to the disk. */
const checkpointMs = 5_000
const retryMs = 50
const fetchBytes = 1024 * 1024

const done = { _tag: 'done' } as const

type Handlers = {
  readonly [N in RequestName]?: (request: RequestOf<N>, answer: (reply: ReplyOf<N>) => void) => void
}

/** One life of a broker: its replicas, what clients and followers ask of them, and the coordinators it is home to. */
export class Broker implements Server {
  readonly #parts: BrokerParts
  readonly #mutants: ReadonlySet<Mutant>
  readonly #step: ReturnType<typeof replicaWith>
  readonly #hosted = new Map<string, HostedReplica>()
  readonly #replication: Replication
  readonly #markers: Markers
  readonly coordination: Coordination
  #view: ClusterView | undefined
  #epoch = -1
  #isStopping = false
  /** Producer ids that the controller has given to this broker. */
  #ids = { next: 0, end: 0 }
  readonly #waitingForIds: ((taken: E.Either<EngineFailure, number>) => void)[] = []

  constructor(parts: BrokerParts) {
    this.#parts = parts
    this.#mutants = new Set(parts.options.mutants)
    this.#step = replicaWith({
      isInSync,
      highWatermark: this.#mutants.has('high-watermark-ignores-maximal-isr')
        ? (replica, now) => leaderHighWatermark({ ...replica, role: { ...replica.role, pending: undefined } }, now)
        : leaderHighWatermark,
    })
    const { world, process, clock, switchboard, options, watched } = parts
    this.#replication = new Replication({ world, process, switchboard, replicas: () => this.#hosted.values() })
    this.#markers = new Markers({ world, process, switchboard, view: () => this.#view })
    this.coordination = new Coordination({
      world,
      process,
      clock,
      watched,
      initialRebalanceDelayMs: options.initialRebalanceDelayMs,
      allocateProducerId: (answer) => this.#allocateId(answer),
      sendMarkers: (markers, sent, isWanted) => this.#markers.send(markers, sent, isWanted),
    })
    this.#register()
  }

  /** What is here, for those who check invariants. */
  get hosted(): readonly HostedReplica[] {
    return [...this.#hosted.values()]
  }

  /** Gives its leaderships away, writes everything to the disk, and calls `stopped`. */
  shutDown(stopped: () => void): void {
    this.#isStopping = true
    const { world, process, disk } = this.#parts
    const look = () => {
      if (!this.#mayStop) {
        world.after(process, retryMs, 'waits to stop', look)
        return
      }
      for (const hosted of this.hosted) {
        hosted.checkpoint()
        hosted.do({ _tag: 'stopped' })
      }
      disk.sync()
      disk.wasClosed = true
      stopped()
    }
    look()
  }

  #mayStop = false

  handle<N extends RequestName>(name: N, request: RequestOf<N>, answer: (reply: ReplyOf<N>) => void): void {
    const handler: ((request: RequestOf<N>, answer: (reply: ReplyOf<N>) => void) => void) | undefined =
      this.#handlers[name]
    if (handler === undefined) throw new Error(`broken invariant: a broker was asked for ${name}`)
    handler(request, answer)
  }

  readonly #handlers: Handlers = {
    publish: (view, answer) => {
      this.#follow(view)
      answer(done)
    },
    metadata: (_, answer) => answer(this.#view ?? nothingKnown),
    allocateProducerId: (_, answer) =>
      this.#allocateId((taken) =>
        answer(
          taken._tag === 'Right'
            ? { _tag: 'identity', producerId: taken.right, epoch: 0 }
            : { _tag: 'refused', failure: taken.left },
        ),
      ),
    produce: (request, answer) => this.#produce(request, answer),
    fetch: (request, answer) => this.#fetch(request, answer),
    listOffsets: ({ queries, isolation }, answer) =>
      answer(
        queries.map(({ topic, partition, at }) => {
          const hosted = this.#leaderOf({ topic, partition })
          const offset = hosted._tag === 'Left' ? hosted : offsetAt(hosted.right, at, isolation)
          return offset._tag === 'Left'
            ? { topic, partition, failure: offset.left }
            : { topic, partition, offset: offset.right }
        }),
      ),
    deleteRecords: ({ before }, answer) => answer(before.map((position) => this.#deleteBefore(position))),
    replicate: ({ maxWaitMs, fetches }, answer) => this.#serveFollower(fetches, maxWaitMs, answer),
    initProducerId: ({ transactionalId, timeoutMs, identity }, answer) =>
      this.#coordinate(transactionalId, answer, {
        _tag: 'initProducerId',
        timeoutMs,
        ...(identity === undefined ? {} : { identity }),
      }),
    endTransaction: ({ transactionalId, commit, producerId, epoch }, answer) =>
      this.#coordinate(transactionalId, answer, {
        _tag: 'endTransaction',
        commit,
        producerId,
        epoch: this.#epochToEnd(transactionalId, producerId, epoch),
      }),
    addPartitions: ({ transactionalId, partitions, producerId, epoch }, answer) => {
      const shard = this.#transactionShard(transactionalId)
      if (isFailure(shard)) return answer({ _tag: 'refused', failure: shard })
      shard.ask(transactionalId, { _tag: 'addPartitions', partitions, producerId, epoch }, (reply) =>
        answer(reply._tag === 'refused' ? reply : done),
      )
    },
    writeMarkers: (markers, answer) => this.#writeMarkers(markers, answer),
    group: ({ group, asked }, answer) => this.#group(group, answer, asked),
    commitOffsets: ({ token, offsets }, answer) => {
      const { group, generation, memberId, instanceId } = token
      const shard = this.#groupShard(group)
      if (isFailure(shard)) return answer({ _tag: 'refused', failure: shard })
      shard.ask(group, { _tag: 'commit', generation, memberId, instanceId, offsets }, (reply) =>
        answer(reply._tag === 'refused' ? { _tag: 'refused', failure: reply.failure } : done),
      )
    },
    commitOffsetsInTransaction: (request, answer) => this.#commitInTransaction(request, answer),
    fetchOffsets: ({ group, partitions }, answer) => {
      const shard = this.#groupShard(group)
      if (isFailure(shard)) return answer({ _tag: 'refused', failure: shard })
      shard.ask(group, { _tag: 'fetch-offsets', partitions, requireStable: true }, (reply) => {
        if (reply._tag === 'offsets') answer(reply)
        else if (reply._tag === 'refused') answer({ _tag: 'refused', failure: reply.failure })
      })
    },
    describeGroups: ({ groups }, answer) => {
      const described: Extract<ReplyOf<'describeGroups'>, { _tag: 'described' }>['groups'][number][] = []
      for (const shard of this.coordination.groupShards)
        for (const name of groups ?? [...shard.groups.keys()])
          if (shard.groups.has(name))
            shard.ask(name, { _tag: 'describe' }, (reply) => {
              if (reply._tag === 'described') described.push(reply.description)
            })
      answer({ _tag: 'described', groups: described })
    },
    deleteGroup: ({ group }, answer) => {
      const shard = this.#groupShard(group)
      if (isFailure(shard)) return answer({ _tag: 'refused', failure: shard })
      if (!shard.groups.has(group)) return answer({ _tag: 'refused', failure: unknownGroup(group) })
      shard.ask(group, { _tag: 'delete' }, (reply) =>
        answer(reply._tag === 'refused' ? { _tag: 'refused', failure: reply.failure } : done),
      )
    },
  }

  // who it is, and what the cluster looks like

  #register(): void {
    const { id, disk, process } = this.#parts
    const request = { broker: id, life: process.number, afterCleanShutdown: disk.wasClosed }
    this.#askController('register', request, (reply) => {
      if (!isAnswer(reply)) return this.#later('registers', () => this.#register())
      disk.wasClosed = false
      this.#epoch = reply.brokerEpoch
      this.#heartbeat()
      this.#tick()
      this.#checkpointLater()
    })
  }

  #heartbeat(): void {
    const { world, process, id } = this.#parts
    const request = {
      broker: id,
      brokerEpoch: this.#epoch,
      knows: this.#view?.version ?? -1,
      wantsToStop: this.#isStopping,
    }
    this.#askController('brokerHeartbeat', request, (reply) => {
      if (isAnswer(reply)) {
        if (this.#isStopping && reply.mayStop) this.#mayStop = true
        if (reply.version !== this.#view?.version) this.#refresh()
      }
      world.after(process, heartbeatMs, 'heartbeat', () => this.#heartbeat())
    })
  }

  #refresh(): void {
    this.#askController('metadata', {}, (view) => {
      if (isAnswer(view)) this.#follow(view)
    })
  }

  #follow(view: ClusterView): void {
    if (this.#epoch < 0 || view.version <= (this.#view?.version ?? -1)) return
    const before = this.#view
    this.#view = view
    this.#dropWhatIsGone(view)
    for (const topic of view.topics.values())
      for (const [partition, registration] of topic.layout.entries()) {
        if (!registration.replicas.includes(this.#parts.id)) continue
        const hosted = this.#host(topic, partition)
        hosted.config = logConfig(topic.config)
        if (view.brokers !== before?.brokers) hosted.do({ _tag: 'brokersChanged', active: view.brokers })
        hosted.do({ _tag: 'registered', registration })
        this.coordination.follow(hosted)
      }
    this.#replication.follow()
  }

  #dropWhatIsGone(view: ClusterView): void {
    const gone = new Set<string>()
    for (const [name, hosted] of [...this.#hosted]) {
      if (view.topics.get(hosted.topic)?.id === hosted.topicId) continue
      hosted.do({ _tag: 'stopped' })
      this.#hosted.delete(name)
      this.#parts.disk.delete(hosted.topicId, name)
      gone.add(hosted.topic)
    }
    for (const topic of gone) this.coordination.forgetTopic(topic)
  }

  #host(topic: TopicView, partition: number): HostedReplica {
    const name = partitionName({ topic: topic.name, partition })
    const known = this.#hosted.get(name)
    if (known !== undefined) return known
    const { id, options, world, process } = this.#parts
    const disk = this.#parts.disk.open(topic.id, name)
    const { log, highWatermark } = disk
    const hosted: HostedReplica = new HostedReplica(
      {
        topic: topic.name,
        partition,
        topicId: topic.id,
        disk,
        step: this.#step,
        watched: this.#parts.watched,
        tell: (what, about) => world.tell(process, what, about),
        nowMs: () => world.wallMs,
        stableIsHighWatermark: this.#mutants.has('lso-is-high-watermark'),
        alterPartition: (asked) => this.#alterPartition(hosted, asked),
        replica: loadReplica({
          name,
          brokerId: id,
          brokerEpoch: this.#epoch,
          settings: { minInsyncReplicas: options.minInsyncReplicas, replicaLagTimeMaxMs: options.replicaLagMs },
          log: { start: log.startOffset, end: log.endOffset, epochs: log.epochs, highWatermark },
        }),
      },
      logConfig(topic.config),
    )
    this.#hosted.set(name, hosted)
    hosted.do({ _tag: 'brokersChanged', active: this.#view?.brokers ?? new Map() })
    return hosted
  }

  #alterPartition(hosted: HostedReplica, asked: AlterPartition): void {
    const { topic, partition } = hosted
    this.#askController('alterPartition', { topic, partition, asked }, (answer) => {
      if (isAnswer(answer)) return hosted.do({ _tag: 'alterAnswered', asked, answer })
      this.#later('asks for another ISR', () => hosted.do({ _tag: 'alterLost', asked }))
    })
  }

  #tick(): void {
    for (const hosted of this.#hosted.values()) hosted.do({ _tag: 'tick' })
    this.#parts.world.after(this.#parts.process, tickMs, 'tick', () => this.#tick())
  }

  #checkpointLater(): void {
    const { world, process, disk } = this.#parts
    world.after(process, checkpointMs, 'checkpoint', () => {
      for (const hosted of this.#hosted.values()) {
        this.#retain(hosted)
        hosted.checkpoint()
      }
      disk.sync()
      this.#checkpointLater()
    })
  }

  #retain(hosted: HostedReplica): void {
    const { deletes, retentionMs } = hosted.config
    if (!hosted.isLeading || !deletes || retentionMs < 0) return
    const start = hosted.log.olderThan(this.#parts.world.wallMs - retentionMs, hosted.highWatermark)
    if (start > hosted.log.startOffset) hosted.deleteBefore(start)
  }

  // partitions

  #leaderOf(at: TopicPartition): E.Either<EngineFailure, HostedReplica> {
    const hosted = this.#hosted.get(partitionName(at))
    if (hosted === undefined || !hosted.isLeading)
      return E.left(
        engineFailure(
          'not-leader',
          `broker ${this.#parts.id} does not lead ${partitionName(at)}: look up the leader and ask there`,
        ),
      )
    return E.right(hosted)
  }

  #produce(
    { acks, transactionalId, timeoutMs, batches }: RequestOf<'produce'>,
    answer: (reply: ReplyOf<'produce'>) => void,
  ): void {
    const results: ReplyOf<'produce'>[number][] = []
    const parts = {
      mutants: this.#mutants,
      nowMs: () => this.#parts.clock.now(),
      addToTransaction: (
        hosted: HostedReplica,
        { transactionalId, producerId, epoch }: { transactionalId: string; producerId: number; epoch: number },
        added: (failure: EngineFailure | undefined) => void,
      ) => this.#addToTransaction({ transactionalId, producerId, epoch, partitions: [hosted] }, added),
    }
    const request = { acks: acksOf[acks], timeoutMs, transactionalId }
    for (const [index, batch] of batches.entries()) {
      const answered = (result: ReplyOf<'produce'>[number]) => {
        results[index] = result
        if (batches.every((_, at) => results[at] !== undefined)) answer(results)
      }
      const hosted = this.#leaderOf(batch)
      if (hosted._tag === 'Right') produce(parts, hosted.right, batch, request, answered)
      else {
        const { topic, partition } = batch
        answered({ _tag: 'refused', topic, partition, failure: hosted.left, unknownProducer: false })
      }
    }
  }

  #fetch(
    { positions, isolation, maxBytes, maxWaitMs }: RequestOf<'fetch'>,
    answer: (reply: ReplyOf<'fetch'>) => void,
  ): void {
    const ask = () => {
      const found: ReplyOf<'fetch'>[number][] = []
      let left = maxBytes
      for (const position of positions) {
        const hosted = this.#leaderOf(position)
        const one =
          hosted._tag === 'Left'
            ? unreadable(position, hosted.left)
            : fetchAt(hosted.right, position, { isolation, maxBytes: left })
        if (one === undefined) continue
        found.push(one)
        for (const batch of one.batches) left -= batch.length
        if (left <= 0) break
      }
      return found.length === 0 ? undefined : found
    }
    const partitions = positions.flatMap((position) => this.#hosted.get(partitionName(position)) ?? [])
    this.#waitFor(partitions, maxWaitMs, ask, (found) => answer(found ?? []))
  }

  #serveFollower(
    fetches: RequestOf<'replicate'>['fetches'],
    maxWaitMs: number,
    answer: (reply: ReplyOf<'replicate'>) => void,
  ): void {
    const ask = () => {
      let isNews = false
      const served = fetches.map(({ topic, partition, topicId, fetch }): ReplyOf<'replicate'>[number] => {
        const hosted = this.#hosted.get(partitionName({ topic, partition }))
        if (hosted?.topicId !== topicId) {
          isNews = true
          const refused = { _tag: 'refused', reason: 'unknown-leader-epoch' } as const
          return { topic, partition, topicId, answer: refused, batches: [] }
        }
        const { answer, batches } = hosted.serve(fetch, fetchBytes)
        isNews ||=
          answer._tag !== 'served' ||
          batches.length > 0 ||
          answer.highWatermark > this.#toldHighWatermark(hosted, fetch)
        return { topic, partition, topicId, answer, batches }
      })
      return isNews ? served : undefined
    }
    const partitions = fetches.flatMap((position) => this.#hosted.get(partitionName(position)) ?? [])
    const settle = (served: ReplyOf<'replicate'>) => {
      for (const { topic, partition, answer } of served) {
        const hosted = this.#hosted.get(partitionName({ topic, partition }))
        const fetch = fetches.find((one) => one.topic === topic && one.partition === partition)?.fetch
        if (hosted !== undefined && fetch !== undefined && answer._tag === 'served')
          this.#told.set(`${hosted.name}>${fetch.brokerId}`, answer.highWatermark)
      }
      answer(served)
    }
    this.#waitFor(partitions, maxWaitMs, ask, (served) => settle(served ?? this.#servedNow(fetches)))
  }

  /** The high watermark that each follower was last told, so that it hears of a new one at once. */
  readonly #told = new Map<string, number>()

  #toldHighWatermark(hosted: HostedReplica, { brokerId }: { readonly brokerId: number }): number {
    return this.#told.get(`${hosted.name}>${brokerId}`) ?? -1
  }

  #servedNow(fetches: RequestOf<'replicate'>['fetches']): ReplyOf<'replicate'> {
    return fetches.flatMap(({ topic, partition, topicId, fetch }) => {
      const hosted = this.#hosted.get(partitionName({ topic, partition }))
      return hosted?.topicId === topicId ? [{ topic, partition, topicId, ...hosted.serve(fetch, fetchBytes) }] : []
    })
  }

  /** Asks until there is an answer, each time something changes; after `maxWaitMs` there is none. */
  #waitFor<A>(
    partitions: readonly HostedReplica[],
    maxWaitMs: number,
    ask: () => A | undefined,
    answer: (found: A | undefined) => void,
  ): void {
    const found = ask()
    if (found !== undefined || maxWaitMs <= 0) return answer(found)
    const { world, process } = this.#parts
    let isAsking = false
    const end = (found: A | undefined) => {
      for (const stop of stops) stop()
      answer(found)
    }
    const look = () => {
      // asking may itself change something: it is asked once more then, in a step of its own
      if (isAsking) return
      isAsking = true
      world.after(process, 0, 'looks again', () => {
        if (isOver) return
        const found = ask()
        isAsking = false
        if (found === undefined) return
        isOver = true
        end(found)
      })
    }
    let isOver = false
    const late = () => {
      if (isOver) return
      isOver = true
      end(undefined)
    }
    const stops = [
      ...partitions.map((hosted) => hosted.onChange(look)),
      world.after(process, maxWaitMs, 'has waited', late),
    ]
  }

  #deleteBefore({ topic, partition, offset }: Position): ReplyOf<'deleteRecords'>[number] {
    const hosted = this.#leaderOf({ topic, partition })
    if (hosted._tag === 'Left') return { topic, partition, failure: hosted.left }
    const { log, highWatermark, name } = hosted.right
    if (offset < 0 || offset > highWatermark) {
      const message = `${name} has offsets from ${log.startOffset} to ${highWatermark}, and ${offset} is none of them: begin at the earliest or the latest`
      return { topic, partition, failure: engineFailure('offset-out-of-range', message) }
    }
    if (offset > log.startOffset) hosted.right.deleteBefore(offset)
    return { topic, partition, offset: log.startOffset }
  }

  // transactions

  #transactionShard(transactionalId: string) {
    return this.coordination.transactions(homeOf(transactionalId, this.#parts.options.coordinatorPartitions))
  }

  #coordinate(
    transactionalId: string,
    answer: (reply: ReplyOf<'endTransaction'>) => void,
    asked: Parameters<TransactionShard['ask']>[1],
  ): void {
    const shard = this.#transactionShard(transactionalId)
    if (isFailure(shard)) return answer({ _tag: 'refused', failure: shard })
    shard.ask(transactionalId, asked, (reply) => {
      if (reply._tag !== 'added') answer(reply)
    })
  }

  /** The epoch that a request to end a transaction speaks of: by the old rules that of whatever its producer has open. */
  #epochToEnd(transactionalId: string, producerId: number, epoch: number): number {
    if (!this.#mutants.has('old-transaction-rules')) return epoch
    const shard = this.#transactionShard(transactionalId)
    const record = isFailure(shard) ? undefined : shard.states.get(transactionalId)?.record
    return record?.phase === 'Ongoing' && record.producerId === producerId ? record.epoch : epoch
  }

  #addToTransaction(request: RequestOf<'addPartitions'>, added: (failure: EngineFailure | undefined) => void): void {
    const { topic, partition } = this.#homeOfTransaction(request.transactionalId)
    const leader = this.#view?.topics.get(topic)?.layout[partition]?.leader
    if (leader === undefined) return added(noCoordinator(request.transactionalId))
    const partitions = request.partitions.map(({ topic, partition }) => ({ topic, partition }))
    this.#parts.switchboard.ask(this.#parts.process, brokerName(leader), {
      name: 'addPartitions',
      request: { ...request, partitions },
      timeoutMs: requestTimeoutMs,
      answered: (reply) => {
        if (!isAnswer(reply)) added(noCoordinator(request.transactionalId))
        else added(reply._tag === 'refused' ? reply.failure : undefined)
      },
    })
  }

  #homeOfTransaction(transactionalId: string): TopicPartition {
    const partition = homeOf(transactionalId, this.#parts.options.coordinatorPartitions)
    return { topic: internalTopics.transactions, partition }
  }

  #writeMarkers(
    { producerId, epoch, coordinatorEpoch, commit, partitions }: RequestOf<'writeMarkers'>,
    answer: (reply: ReplyOf<'writeMarkers'>) => void,
  ): void {
    const written: ReplyOf<'writeMarkers'>[number][] = []
    const at = { nowMs: this.#parts.clock.now(), timeoutMs: requestTimeoutMs }
    const settled = (at: TopicPartition, failure: EngineFailure | undefined) => {
      const { topic, partition } = at
      written.push(failure === undefined ? { topic, partition } : { topic, partition, failure })
      if (written.length === partitions.length) answer(written)
    }
    for (const partition of partitions) {
      const hosted = this.#leaderOf(partition)
      if (hosted._tag === 'Left') {
        settled(partition, hosted.left)
        continue
      }
      mark(hosted.right, { producerId, producerEpoch: epoch, coordinatorEpoch, commit }, at, (failure) => {
        if (failure === undefined && partition.topic === internalTopics.offsets) {
          const shard = this.coordination.groups(partition.partition)
          if (!isFailure(shard)) shard.endTransaction(producerId, commit)
        }
        settled(partition, failure)
      })
    }
  }

  #allocateId(answer: (taken: E.Either<EngineFailure, number>) => void): void {
    if (this.#ids.next < this.#ids.end) return answer(E.right(this.#ids.next++))
    this.#waitingForIds.push(answer)
    if (this.#waitingForIds.length > 1) return
    this.#askController('allocateProducerIds', { broker: this.#parts.id }, (reply) => {
      const waiting = this.#waitingForIds.splice(0)
      if (isAnswer(reply)) this.#ids = { next: reply.first, end: reply.first + reply.count }
      for (const one of waiting) one(isAnswer(reply) ? E.right(this.#ids.next++) : E.left(noIds))
    })
  }

  // groups

  #groupShard(group: string) {
    return this.coordination.groups(homeOf(group, this.#parts.options.coordinatorPartitions))
  }

  #group(group: string, answer: (reply: ReplyOf<'group'>) => void, asked: RequestOf<'group'>['asked']): void {
    const shard = this.#groupShard(group)
    if (isFailure(shard)) return answer({ _tag: 'refused', failure: shard })
    if (asked._tag !== 'join') return shard.ask(group, asked, answer)
    const id = Buffer.from(this.#parts.world.random('member-ids').id()).toString('hex')
    shard.ask(group, { ...asked, newMemberId: `millrace-${id}`, clientId: 'millrace', clientHost: 'simulated' }, answer)
  }

  #commitInTransaction(
    { transactionalId, token, offsets, producerId, epoch }: RequestOf<'commitOffsetsInTransaction'>,
    answer: (reply: ReplyOf<'commitOffsetsInTransaction'>) => void,
  ): void {
    const { group, generation, memberId, instanceId } = token
    const refuse = (failure: EngineFailure) => answer({ _tag: 'refused', failure })
    const here = this.#groupShard(group)
    if (isFailure(here)) return refuse(here)
    const home = {
      topic: internalTopics.offsets,
      partition: homeOf(group, this.#parts.options.coordinatorPartitions),
    }
    this.#addToTransaction({ transactionalId, producerId, epoch, partitions: [home] }, (failure) => {
      if (failure !== undefined) return refuse(failure)
      const shard = this.#groupShard(group)
      if (isFailure(shard)) return refuse(shard)
      const member = this.#mutants.has('no-generation-fencing')
        ? { generation: -1, memberId: '', instanceId: undefined }
        : { generation, memberId, instanceId }
      const asked = this.#mutants.has('offsets-outside-transaction')
        ? ({ _tag: 'commit', ...member, offsets } as const)
        : ({ _tag: 'commit-in-transaction', ...member, producerId, producerEpoch: epoch, offsets } as const)
      shard.ask(group, asked, (reply) => (reply._tag === 'refused' ? refuse(reply.failure) : answer(done)))
    })
  }

  // the way there

  #askController<N extends RequestName>(
    name: N,
    request: RequestOf<N>,
    answered: (reply: ReplyOf<N> | Unanswered) => void,
  ): void {
    const { switchboard, process } = this.#parts
    switchboard.ask(process, controllerName, { name, request, timeoutMs: requestTimeoutMs, answered })
  }

  #later(what: string, work: () => void): void {
    this.#parts.world.after(this.#parts.process, retryMs, what, work)
  }
}

const acksOf = { none: 0, leader: 1, all: -1 } as const

const nothingKnown: ClusterView = { version: -1, brokers: new Map(), topics: new Map() }

const noIds = engineFailure('not-coordinator', 'no producer ids could be had from the controller: ask again')

const noCoordinator = (transactionalId: string): EngineFailure =>
  engineFailure(
    'not-coordinator',
    `the coordinator of transactional id "${transactionalId}" was not reached: ask again`,
  )

const unknownGroup = (group: string): EngineFailure =>
  engineFailure('unknown-group', `there is no group '${group}': mind the spelling, or it was deleted already`)
