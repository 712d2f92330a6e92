import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import type { TopicPartition } from '../../../contracts/position.ts'
import { isPrepared, type TransactionRecord } from '../../../protocol/broker/transaction-state.ts'
import type { AskedOfTransaction } from '../../asked.ts'
import { internalTopics } from '../../internal-topics.ts'
import { done, refusedBy } from '../answers.ts'
import type { Mutant } from '../cluster-options.ts'
import { homeOf } from '../home-of.ts'
import { brokerName, isAnswer } from '../switchboard.ts'
import type { ClusterView, ReplyOf, RequestOf } from '../wire.ts'
import { type BrokerParts, type Handlers, requestTimeoutMs } from './broker-parts.ts'
import { type Coordination, isFailure } from './coordination.ts'
import type { HostedPartitions } from './hosted-partitions.ts'
import { mark } from './produce.ts'

export interface TransactionRequestsParts
  extends Pick<BrokerParts, 'world' | 'process' | 'clock' | 'switchboard' | 'options'> {
  readonly mutants: ReadonlySet<Mutant>
  readonly coordination: Coordination
  readonly partitions: HostedPartitions
  readonly view: () => ClusterView | undefined
}

type Names = 'initProducerId' | 'endTransaction' | 'addPartitions' | 'writeMarkers' | 'commitOffsetsInTransaction'

/** What clients, leaders and other coordinators ask about transactions. */
export class TransactionRequests {
  readonly #parts: TransactionRequestsParts
  /** What is done once the transaction of a producer has ended: wrong on purpose. */
  readonly #afterwards = new Map<number, () => void>()

  constructor(parts: TransactionRequestsParts) {
    this.#parts = parts
  }

  readonly handlers: Handlers<Names> = {
    initProducerId: ({ transactionalId, timeoutMs, identity }, answer) => {
      const given = this.#parts.mutants.has('takeover-keeps-epoch') ? this.#recordOf(transactionalId) : undefined
      if (given !== undefined && !isPrepared(given))
        return answer({ _tag: 'identity', producerId: given.producerId, epoch: given.epoch })
      this.#coordinate(transactionalId, answer, {
        _tag: 'initProducerId',
        timeoutMs,
        ...(identity === undefined ? {} : { identity }),
      })
    },
    endTransaction: ({ transactionalId, commit, producerId, epoch }, answer) =>
      this.#coordinate(transactionalId, answer, {
        _tag: 'endTransaction',
        commit,
        producerId,
        epoch: this.#epochToEnd(transactionalId, producerId, epoch),
      }),
    addPartitions: ({ transactionalId, partitions, producerId, epoch }, answer) => {
      const shard = this.#shard(transactionalId)
      if (isFailure(shard)) return answer(refusedBy(shard))
      shard.ask(transactionalId, { _tag: 'addPartitions', partitions, producerId, epoch }, (reply) =>
        answer(reply._tag === 'refused' ? reply : done),
      )
    },
    writeMarkers: (markers, answer) => this.#writeMarkers(markers, answer),
    commitOffsetsInTransaction: (request, answer) => this.#commitOffsets(request, answer),
  }

  /** Has the coordinator of the id, wherever it is, make partitions part of its transaction. */
  add(request: RequestOf<'addPartitions'>, added: (failure: EngineFailure | undefined) => void): void {
    const { switchboard, process, view, options } = this.#parts
    const { transactionalId } = request
    const home = homeOf(transactionalId, options.coordinatorPartitions)
    const leader = view()?.topics.get(internalTopics.transactions)?.layout[home]?.leader
    if (leader === undefined) return added(noCoordinator(transactionalId))
    const partitions = request.partitions.map(({ topic, partition }) => ({ topic, partition }))
    switchboard.ask(process, brokerName(leader), {
      name: 'addPartitions',
      request: { ...request, partitions },
      timeoutMs: requestTimeoutMs,
      answered: (reply) => {
        if (!isAnswer(reply)) added(noCoordinator(transactionalId))
        else added(reply._tag === 'refused' ? reply.failure : undefined)
      },
    })
  }

  #shard(transactionalId: string) {
    const { coordination, options } = this.#parts
    return coordination.transactions(homeOf(transactionalId, options.coordinatorPartitions))
  }

  #recordOf(transactionalId: string): TransactionRecord | undefined {
    const shard = this.#shard(transactionalId)
    return isFailure(shard) ? undefined : shard.states.get(transactionalId)?.record
  }

  #coordinate(
    transactionalId: string,
    answer: (reply: ReplyOf<'endTransaction'>) => void,
    asked: AskedOfTransaction,
  ): void {
    const shard = this.#shard(transactionalId)
    if (isFailure(shard)) return answer(refusedBy(shard))
    shard.ask(transactionalId, asked, (reply) => {
      if (reply._tag !== 'added') answer(reply)
    })
  }

  /** The epoch that a request to end a transaction speaks of: by the old rules that of whatever its producer has open. */
  #epochToEnd(transactionalId: string, producerId: number, epoch: number): number {
    if (!this.#parts.mutants.has('old-transaction-rules')) return epoch
    const record = this.#recordOf(transactionalId)
    return record?.phase === 'Ongoing' && record.producerId === producerId ? record.epoch : epoch
  }

  #writeMarkers(
    { producerId, epoch, coordinatorEpoch, commit, partitions }: RequestOf<'writeMarkers'>,
    answer: (reply: ReplyOf<'writeMarkers'>) => void,
  ): void {
    const { clock, coordination, world, process } = this.#parts
    const written: ReplyOf<'writeMarkers'>[number][] = []
    const at = { nowMs: clock.now(), timeoutMs: requestTimeoutMs }
    const settled = ({ topic, partition }: TopicPartition, failure: EngineFailure | undefined) => {
      written.push(failure === undefined ? { topic, partition } : { topic, partition, failure })
      if (written.length === partitions.length) answer(written)
    }
    for (const partition of partitions) {
      const hosted = this.#parts.partitions.leaderOf(partition)
      if (hosted._tag === 'Left') {
        settled(partition, hosted.left)
        continue
      }
      mark(hosted.right, { producerId, producerEpoch: epoch, coordinatorEpoch, commit }, at, (failure) => {
        if (failure === undefined && partition.topic === internalTopics.offsets) {
          const shard = coordination.groups(partition.partition)
          if (!isFailure(shard)) shard.endTransaction(producerId, commit)
          const afterwards = this.#afterwards.get(producerId)
          this.#afterwards.delete(producerId)
          if (commit && afterwards !== undefined) world.after(process, 0, 'commits offsets', afterwards)
        }
        settled(partition, failure)
      })
    }
  }

  #commitOffsets(
    { transactionalId, token, offsets, producerId, epoch }: RequestOf<'commitOffsetsInTransaction'>,
    answer: (reply: ReplyOf<'commitOffsetsInTransaction'>) => void,
  ): void {
    const { coordination, options, mutants } = this.#parts
    const { group, generation, memberId, instanceId } = token
    const refuse = (failure: EngineFailure) => answer(refusedBy(failure))
    const home = homeOf(group, options.coordinatorPartitions)
    const here = coordination.groups(home)
    if (isFailure(here)) return refuse(here)
    const partitions = [{ topic: internalTopics.offsets, partition: home }]
    this.add({ transactionalId, producerId, epoch, partitions }, (failure) => {
      if (failure !== undefined) return refuse(failure)
      // it may have moved in the meantime
      const shard = coordination.groups(home)
      if (isFailure(shard)) return refuse(shard)
      const member = mutants.has('no-generation-fencing')
        ? { generation: -1, memberId: '', instanceId: undefined }
        : { generation, memberId, instanceId }
      const plain = { _tag: 'commit', ...member, offsets } as const
      if (mutants.has('offsets-after-transaction')) {
        this.#afterwards.set(producerId, () => shard.ask(group, plain, () => {}))
        return answer(done)
      }
      const asked = mutants.has('offsets-outside-transaction')
        ? plain
        : ({ _tag: 'commit-in-transaction', ...member, producerId, producerEpoch: epoch, offsets } as const)
      shard.ask(group, asked, (reply) => (reply._tag === 'refused' ? refuse(reply.failure) : answer(done)))
    })
  }
}

const noCoordinator = (transactionalId: string): EngineFailure =>
  engineFailure(
    'not-coordinator',
    `the coordinator of transactional id "${transactionalId}" was not reached: ask again`,
  )
