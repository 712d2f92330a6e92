import { partitionName } from '../../../contracts/position.ts'
import { none } from '../../../protocol/broker/producer-state.ts'
import type { Leading } from '../../../protocol/broker/replica-state.ts'
import { internalTopics } from '../../internal-topics.ts'
import type { ObservedReplica, Situation } from '../broker/observer.ts'
import type { ReplicaLog } from '../broker/replica-log.ts'
import type { PartitionOfTopic } from '../wire.ts'
import { CommittedLog } from './committed-log.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import { CommittedSequences } from './committed-sequences.ts'

/** What was promised of a cluster and is not so. */
export type InvariantKind =
  | 'two-leaders'
  | 'epoch-went-back'
  | 'high-watermark-went-back'
  | 'high-watermark-beyond-isr'
  | 'logs-differ'
  | 'committed-lost'
  | 'acknowledged-too-early'
  | 'stable-offset-went-back'
  | 'stable-offset-beyond-undecided'
  | 'sequence-broken'
  | 'committed-offset-went-back'
  | 'two-writers'
  | 'two-owners'

export interface PartitionWatchParts {
  readonly violated: (kind: InvariantKind, message: string) => void
  readonly reached: (situation: Situation) => void
  /** The log of the partition at another broker, as far as it is known to be of the life that the leader knows. */
  readonly logAt: (broker: number, brokerEpoch: number | undefined) => ReplicaLog | undefined
  readonly committed?: CommittedListener | undefined
}

/** Hears what is committed of all partitions, in the order in which it comes to be. */
export interface CommittedListener {
  /** A batch is below the high watermark, for good; each once. */
  readonly batch: (of: PartitionOfTopic, bytes: Uint8Array) => void
  /** From now on it is not known any more: committed batches are lost, or cannot be read. */
  readonly lost: () => void
}

/** A replica as it was when it was last looked at. */
interface Seen {
  replica: ObservedReplica['replica']
  /** Up to where it has what is committed. */
  sameTo: number
  stableOffset: number
  /** The unclean election since which it was seen to have what is committed. */
  rejoined: number
}

/** All replicas of one partition, step by step. */
export class PartitionWatch {
  readonly #parts: PartitionWatchParts
  readonly #leaders = new Map<number, number>()
  readonly #uncleanEpochs = new Set<number>()
  readonly #seen = new Map<number, Seen>()
  readonly #sequences = new CommittedSequences()
  readonly #offsets: CommittedOffsets | undefined
  readonly #committed: CommittedLog
  #latestEpoch = -1
  /** Of the latest leader that was elected uncleanly. */
  #uncleanEpoch = -1
  /** Of the leader that was looked at last. */
  #isr: readonly number[] = []

  constructor(of: ObservedReplica, parts: PartitionWatchParts) {
    this.#parts = parts
    this.#committed = new CommittedLog(of.log.startOffset)
    this.#offsets = of.topic === internalTopics.offsets ? new CommittedOffsets() : undefined
  }

  /** The leader of this epoch may lack what was committed: nothing is promised. */
  uncleanly(leaderEpoch: number): void {
    this.#uncleanEpochs.add(leaderEpoch)
    this.#uncleanEpoch = Math.max(this.#uncleanEpoch, leaderEpoch)
  }

  look(hosted: ObservedReplica): void {
    const { replica, log } = hosted
    const seen = this.#seenOf(hosted)
    const was = seen.replica
    if (was === replica) return
    seen.replica = replica
    const isSameLife = was.brokerEpoch === replica.brokerEpoch
    if (isSameLife) this.#compareEpochs(hosted, was)
    else seen.sameTo = Math.min(seen.sameTo, log.endOffset)
    if (replica.log.end < was.log.end) {
      if (isSameLife) this.#parts.reached('truncated')
      seen.sameTo = Math.min(seen.sameTo, replica.log.end)
    }
    const wasLeading = isSameLife && was.role._tag === 'leading' && was.leaderEpoch === replica.leaderEpoch
    if (replica.role._tag !== 'leading') return this.#compare(hosted, seen)
    if (!wasLeading) {
      seen.stableOffset = -1
      this.#leads(hosted)
    } else if (was.role._tag === 'leading') this.#compareIsr(was.role, replica.role)
    if (replica.leaderEpoch === this.#latestEpoch) this.#isr = replica.role.isr
    if (wasLeading && replica.log.highWatermark === was.log.highWatermark) {
      if (replica.log.end !== was.log.end) this.#lookAtStable(hosted, seen)
      return
    }
    if (wasLeading && replica.log.highWatermark < was.log.highWatermark)
      this.#violated(
        'high-watermark-went-back',
        hosted,
        `from ${was.log.highWatermark} to ${replica.log.highWatermark}`,
      )
    this.#advance(hosted, replica.role)
    this.#compare(hosted, seen)
    this.#lookAtStable(hosted, seen)
  }

  /** Whoever sent the records before `endOffset` is told that all have them. */
  acknowledged(hosted: ObservedReplica, endOffset: number): void {
    if (hosted.highWatermark < endOffset)
      this.#violated(
        'acknowledged-too-early',
        hosted,
        `acks=all for the records up to ${endOffset}, and the high watermark is ${hosted.highWatermark}`,
      )
  }

  #seenOf({ replica, log }: ObservedReplica): Seen {
    const known = this.#seen.get(replica.brokerId)
    if (known !== undefined) return known
    // whatever it is, it is looked at as something new
    const before = { ...replica, brokerEpoch: -1 }
    const made = { replica: before, sameTo: log.startOffset, stableOffset: -1, rejoined: -1 }
    this.#seen.set(replica.brokerId, made)
    return made
  }

  #compareEpochs(hosted: ObservedReplica, was: ObservedReplica['replica']): void {
    const { leaderEpoch, partitionEpoch } = hosted.replica
    if (leaderEpoch < was.leaderEpoch || partitionEpoch < was.partitionEpoch)
      this.#violated(
        'epoch-went-back',
        hosted,
        `from leader epoch ${was.leaderEpoch}, partition epoch ${was.partitionEpoch} to ${leaderEpoch}, ${partitionEpoch}`,
      )
  }

  #compareIsr(was: Leading, is: Leading): void {
    if (is.isr.length < was.isr.length) this.#parts.reached('isr shrunk')
    if (is.isr.length > was.isr.length) this.#parts.reached('isr grown')
  }

  #leads(hosted: ObservedReplica): void {
    const { brokerId, leaderEpoch } = hosted.replica
    const other = this.#leaders.get(leaderEpoch)
    if (other !== undefined && other !== brokerId)
      this.#violated('two-leaders', hosted, `broker ${other} leads in leader epoch ${leaderEpoch} too`)
    this.#leaders.set(leaderEpoch, brokerId)
    if (leaderEpoch > 0) this.#parts.reached('leader changed')
    const isLate = leaderEpoch < this.#latestEpoch
    this.#latestEpoch = Math.max(this.#latestEpoch, leaderEpoch)
    // whoever is told late that it leads cannot commit anything
    if (isLate) return
    const lost = this.#firstLost(hosted)
    if (lost === undefined) return
    if (this.#uncleanEpochs.has(leaderEpoch)) this.#parts.reached('unclean election')
    else
      this.#violated(
        'committed-lost',
        hosted,
        `it leads in epoch ${leaderEpoch} without what was committed at ${lost}: its log ends at ${hosted.log.endOffset}, and ${this.#committed.endOffset} was the high watermark`,
      )
    this.#parts.committed?.lost()
    this.#committed.truncateTo(lost)
    this.#sequences.forget()
    this.#offsets?.forget()
    for (const seen of this.#seen.values()) seen.sameTo = Math.min(seen.sameTo, lost)
  }

  /** The first committed offset that it does not have. */
  #firstLost({ log }: ObservedReplica): number | undefined {
    if (log.isDamaged) return undefined
    const { endOffset } = this.#committed
    return (
      this.#committed.firstDifference(log, log.startOffset, endOffset) ??
      (log.endOffset < endOffset ? log.endOffset : undefined)
    )
  }

  #advance(hosted: ObservedReplica, role: Leading): void {
    const { log, highWatermark, replica } = hosted
    // whoever led before that, and has not heard of it, commits what is lost already
    if (replica.leaderEpoch < this.#uncleanEpoch) return
    for (const id of role.pending?.maximal ?? role.isr) {
      if (id === replica.brokerId) continue
      const other = this.#parts.logAt(id, role.followers.get(id)?.brokerEpoch)
      if (other !== undefined && other.endOffset < highWatermark)
        this.#violated(
          'high-watermark-beyond-isr',
          hosted,
          `it is ${highWatermark}, and broker ${id}, which may be in sync, ends at ${other.endOffset}`,
        )
    }
    for (const bytes of this.#committed.advance(log, highWatermark)) {
      const sequence = this.#sequences.take(bytes)
      if (sequence !== undefined) this.#violated('sequence-broken', hosted, sequence)
      if (this.#sequences.haveWrapped) this.#parts.reached('sequence wrapped')
      const offset = this.#offsets?.take(bytes)
      if (offset !== undefined) this.#violated('committed-offset-went-back', hosted, offset)
      this.#parts.committed?.batch(hosted, bytes)
    }
    if (this.#committed.endOffset < highWatermark) this.#parts.committed?.lost()
  }

  /**
   * Below its high watermark it has what all have. Where an unclean election has lost something, others still have it, until
   * they follow the new leader so far that they are in sync with it.
   */
  #compare(hosted: ObservedReplica, seen: Seen): void {
    const { log, highWatermark, replica } = hosted
    const to = Math.min(highWatermark, this.#committed.endOffset)
    if (to <= seen.sameTo || log.isDamaged) return
    const different = this.#committed.firstDifference(log, seen.sameTo, to)
    const mayDiffer = seen.rejoined < this.#uncleanEpoch && !this.#isr.includes(replica.brokerId)
    if (different !== undefined && mayDiffer) return
    seen.rejoined = this.#uncleanEpoch
    seen.sameTo = to
    if (different !== undefined)
      this.#violated(
        'logs-differ',
        hosted,
        `below its high watermark ${highWatermark} it has something else at ${different} than was committed there`,
      )
  }

  #lookAtStable(hosted: ObservedReplica, seen: Seen): void {
    const { lastStableOffset, highWatermark, log } = hosted
    if (lastStableOffset > highWatermark || lastStableOffset < seen.stableOffset)
      this.#violated(
        'stable-offset-went-back',
        hosted,
        `the last stable offset is ${lastStableOffset}: it was ${seen.stableOffset}, and the high watermark is ${highWatermark}`,
      )
    seen.stableOffset = lastStableOffset
    for (const { producerId, openTransaction } of log.producers.entries.values())
      if (openTransaction !== none && openTransaction < lastStableOffset)
        this.#violated(
          'stable-offset-beyond-undecided',
          hosted,
          `the last stable offset is ${lastStableOffset}, and the transaction of producer ${producerId} at ${openTransaction} is undecided`,
        )
  }

  #violated(kind: InvariantKind, hosted: ObservedReplica, what: string): void {
    this.#parts.violated(kind, `${partitionName(hosted)} at broker ${hosted.replica.brokerId}: ${what}`)
  }
}
