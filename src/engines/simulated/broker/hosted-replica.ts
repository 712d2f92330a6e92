import { baseOffsetOf, lastOffsetOf, leaderEpochOf } from '../../../batch/record-batch.ts'
import type { EngineFailure } from '../../../contracts/failure.ts'
import type { LogConfig } from '../../../log/log-config.ts'
import type { AlterPartition } from '../../../protocol/broker/alter-partition.ts'
import type { stepReplica } from '../../../protocol/broker/replica.ts'
import type {
  Acks,
  FetchAnswer,
  FetchedAnswer,
  FollowerFetch,
  ReplicaCommand,
  ReplicaEffect,
} from '../../../protocol/broker/replica-messages.ts'
import type { Replica } from '../../../protocol/broker/replica-state.ts'
import type { Mutant } from '../cluster-options.ts'
import { brokerName } from '../switchboard.ts'
import type { PartitionOfTopic } from '../wire.ts'
import type { TraceSubject } from '../world/trace.ts'
import type { PartitionOnDisk } from './broker-disk.ts'
import type { Situation, Watched } from './observer.ts'
import type { ReplicaLog } from './replica-log.ts'

export interface HostedReplicaParts extends PartitionOfTopic {
  readonly disk: PartitionOnDisk
  readonly replica: Replica
  readonly step: typeof stepReplica
  readonly nowMs: () => number
  readonly alterPartition: (asked: AlterPartition) => void
  readonly watched: Watched
  /** A line for people, as of the broker. */
  readonly tell: (what: () => string, about: TraceSubject) => void
  readonly mutants: ReadonlySet<Mutant>
}

type Unstamped<C> = C extends unknown ? Omit<C, 'now'> : never

/** One partition at one broker: drives its replica's machine over its log. */
export class HostedReplica {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly name: string
  readonly log: ReplicaLog
  config: LogConfig
  readonly #parts: HostedReplicaParts
  #replica: Replica
  readonly #produces = new Map<number, (failure: EngineFailure | undefined) => void>()
  readonly #waiting = new Set<() => void>()
  #requests = 0
  /** Of the answer that is being given to the machine. */
  #arriving: readonly Uint8Array[] = []
  #answered: FetchAnswer | undefined
  #toSend: { readonly to: number; readonly fetch: FollowerFetch } | undefined

  constructor(parts: HostedReplicaParts, config: LogConfig) {
    this.#parts = parts
    this.topic = parts.topic
    this.partition = parts.partition
    this.topicId = parts.topicId
    this.name = parts.disk.log.name
    this.log = parts.disk.log
    this.config = config
    this.#replica = parts.replica
  }

  get replica(): Replica {
    return this.#replica
  }

  get isLeading(): boolean {
    return this.#replica.role._tag === 'leading'
  }

  get leaderEpoch(): number {
    return this.#replica.leaderEpoch
  }

  get highWatermark(): number {
    return this.#replica.log.highWatermark
  }

  /** Up to where committed readers read. */
  get lastStableOffset(): number {
    const { mutants } = this.#parts
    if (mutants.has('lso-is-high-watermark')) return this.highWatermark
    const highWatermark = mutants.has('lso-ignores-high-watermark') ? this.log.endOffset : this.highWatermark
    const { unstable } = this.log.producers
    unstable.advance(highWatermark)
    return unstable.lastStableOffset({ startOffset: this.log.startOffset, highWatermark })
  }

  do(command: Unstamped<ReplicaCommand>): void {
    const [next, effects] = this.#parts.step(this.#replica, { ...command, now: this.#parts.nowMs() } as ReplicaCommand)
    const was = this.#replica
    this.#replica = next
    if (was.role._tag !== next.role._tag || was.leaderEpoch !== next.leaderEpoch) this.#tellRole()
    for (const effect of effects) this.#perform(effect)
    const { log } = next
    if (log.end !== this.log.endOffset)
      throw new Error(`broken invariant: ${this.name} ends at ${this.log.endOffset}, and its machine says ${log.end}`)
    this.#parts.watched.by?.stepped(this)
    if (was.log.highWatermark !== log.highWatermark || was.role._tag !== next.role._tag || was.log.end !== log.end)
      this.#wake()
  }

  /** Writes a batch as the leader; `settled` hears once what `acks` asks for, with a failure where that may never be. */
  append(
    bytes: Uint8Array,
    wait: { readonly acks: Acks; readonly timeoutMs: number },
    settled: (failure: EngineFailure | undefined) => void,
  ): number {
    const baseOffset = this.log.append(bytes, this.leaderEpoch, this.#parts.nowMs())
    this.#await(this.log.endOffset, wait, settled)
    return baseOffset
  }

  /** Hears when the records before `endOffset`, which are there already, are as safe as `acks` asks for. */
  whenSafe(
    endOffset: number,
    wait: { readonly acks: Acks; readonly timeoutMs: number },
    settled: (failure: EngineFailure | undefined) => void,
  ): void {
    this.#await(endOffset, wait, settled)
  }

  #await(
    endOffset: number,
    { acks, timeoutMs }: { readonly acks: Acks; readonly timeoutMs: number },
    settled: (failure: EngineFailure | undefined) => void,
  ): void {
    const request = this.#requests++
    if (acks === 0) settled(undefined)
    else this.#produces.set(request, settled)
    const deadline = this.#parts.nowMs() + timeoutMs
    const produce = { request, acks, endOffset, deadline }
    this.do({ _tag: 'appended', leaderEpoch: this.leaderEpoch, endOffset: this.log.endOffset, produce })
  }

  /** What a follower is answered, with the batches for it. */
  serve(
    fetch: FollowerFetch,
    maxBytes: number,
  ): { readonly answer: FetchAnswer; readonly batches: readonly Uint8Array[] } {
    this.#answered = undefined
    this.do({ _tag: 'fetch', fetch })
    const answer: FetchAnswer | undefined = this.#answered
    if (answer === undefined) throw new Error(`broken invariant: ${this.name} left a follower without an answer`)
    const served = (answer as FetchAnswer)._tag === 'served'
    return { answer, batches: served ? this.log.read(fetch.offset, this.log.endOffset, maxBytes) : [] }
  }

  /** The next fetch of a follower, if it is one that has a leader. */
  nextFetch(): { readonly to: number; readonly fetch: FollowerFetch } | undefined {
    this.#toSend = undefined
    this.do({ _tag: 'fetchNext' })
    return this.#toSend
  }

  /** What the leader has answered. */
  fetched(fetch: FollowerFetch, answer: FetchAnswer, batches: readonly Uint8Array[]): void {
    this.#arriving = batches
    this.do({
      _tag: 'fetched',
      fetch,
      answer: answer._tag === 'served' ? { ...answer, ...extentOf(answer.offset, batches) } : answer,
    })
    this.#arriving = []
  }

  /** Deletes the records before `offset`, at most up to the high watermark. */
  deleteBefore(offset: number): void {
    this.log.deleteBefore(offset)
    this.do({ _tag: 'startRaised', startOffset: offset })
  }

  /** Calls `look` when something here may have become readable, or changed hands. The answer ends it. */
  onChange(look: () => void): () => void {
    this.#waiting.add(look)
    return () => this.#waiting.delete(look)
  }

  checkpoint(): void {
    this.#parts.disk.highWatermark = this.highWatermark
  }

  /** A line for people, as of the broker that this is at. */
  tell(what: () => string, about: TraceSubject): void {
    this.#parts.tell(what, about)
  }

  /** Says that something came about that a run should have come into. */
  reached(situation: Situation): void {
    this.#parts.watched.by?.reached(situation)
  }

  /** Everybody is said to have the records before `endOffset`. */
  acknowledged(endOffset: number): void {
    this.#parts.watched.by?.acknowledged(this, endOffset)
  }

  #tellRole(): void {
    const { role, leaderEpoch } = this.#replica
    this.tell(() => {
      if (role._tag === 'leading')
        return `leads ${this.name} (epoch ${leaderEpoch}), which ends at ${this.log.endOffset}`
      if (role._tag === 'idle' || role.leader === undefined) return `neither leads nor follows ${this.name}`
      return `follows ${brokerName(role.leader)} for ${this.name} (epoch ${leaderEpoch})`
    }, 'leadership')
  }

  #truncate(endOffset: number): void {
    const was = this.log.endOffset
    this.log.truncateTo(endOffset)
    if (was > endOffset) this.tell(() => `cuts ${this.name} off at ${endOffset}: it ended at ${was}`, 'leadership')
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look()
  }

  #perform(effect: ReplicaEffect): void {
    switch (effect._tag) {
      case 'answerProduce': {
        const settled = this.#produces.get(effect.request)
        this.#produces.delete(effect.request)
        return settled?.(effect.failure)
      }
      case 'highWatermark':
        return
      case 'alterPartition':
        return this.#parts.alterPartition(effect.asked)
      case 'answerFetch':
        this.#answered = effect.answer
        return
      case 'sendFetch':
        this.#toSend = effect
        return
      case 'append':
        return this.log.follow(this.#arriving, this.#parts.nowMs())
      case 'truncate':
        return this.#truncate(effect.endOffset)
      case 'restartLog':
        return this.log.resetTo(effect.startOffset)
      case 'raiseStart':
        return this.log.deleteBefore(effect.startOffset)
    }
  }
}

/** What the machine has to know of batches that came. */
const extentOf = (
  offset: number,
  batches: readonly Uint8Array[],
): Pick<Extract<FetchedAnswer, { _tag: 'served' }>, 'endOffset' | 'epochs'> => {
  const last = batches.at(-1)
  return {
    endOffset: last === undefined ? offset : lastOffsetOf(last) + 1,
    epochs: batches.map((bytes) => ({ epoch: leaderEpochOf(bytes), startOffset: baseOffsetOf(bytes) })),
  }
}
