import { readControlRecord } from '../../../batch/control-batch.ts'
import { readRecords } from '../../../batch/read-records.ts'
import { isControl, isTransactional, producerEpochOf, producerIdOf } from '../../../batch/record-batch.ts'
import { partitionName, type TopicPartition } from '../../../contracts/position.ts'
import { decodeGroupRecord } from '../../../protocol/broker/group-records.ts'
import { internalTopics } from '../../internal-topics.ts'
import type { CommittedListener } from './partition-watch.ts'

/** Those whose offsets a transaction has committed. */
export interface Transaction {
  readonly groups: ReadonlySet<string>
}

/** What a committed reader finds from now on, or a group from which on it reads. */
export type Change =
  | {
      readonly _tag: 'records'
      readonly topic: string
      readonly partition: number
      readonly bytes: Uint8Array
      /** What they were written in. */
      readonly transaction: Transaction | undefined
      /** They were there, and are not any more: nothing that is right does that. */
      readonly withdrawn: boolean
    }
  | {
      readonly _tag: 'offset'
      readonly group: string
      readonly topic: string
      readonly partition: number
      /** `undefined`: it is forgotten. */
      readonly offset: number | undefined
      /** Where it was written: of two, the later one counts. */
      readonly writtenAt: number
    }

/** What has changed all at once. */
export interface Moment {
  /** Virtual milliseconds. */
  readonly atMs: number
  readonly changes: readonly Change[]
}

/** A part of a transaction in one partition, until its marker comes there. */
interface Part {
  readonly home: string
  readonly epoch: number
  readonly change: Change
  /** The transaction is known to be committed. */
  counts: boolean
}

interface Producer {
  /** Whose offsets are in its latest transaction, of this epoch. */
  epoch: number
  groups: Set<string>
  parts: Part[]
  /** Its last transaction that is known to be committed has markers of this epoch, and data of lower ones. */
  committed: number
}

/** Of a world, where it is. */
export interface StepsOfWorld {
  /** Virtual milliseconds. */
  readonly now: number
  readonly trace: { readonly steps: number }
}

/**
 * What came to count in a cluster, moment by moment, by what is committed there.
 *
 * A transaction counts, with all its records and offsets, from the first of its markers on: nobody has seen anything of
 * it before, and nothing can be changed any more. That its coordinator has written a decision is not enough: one that did
 * not hear in time that all replicas have it goes on as if there were none. What is not in a transaction counts as soon
 * as all replicas in sync have it.
 */
export class CommittedChanges implements CommittedListener {
  readonly #world: StepsOfWorld
  readonly #producers = new Map<number, Producer>()
  readonly #moments: (Moment & { readonly step: number; readonly changes: Change[] })[] = []
  #isLost = false

  constructor(world: StepsOfWorld) {
    this.#world = world
  }

  /** In order, until it was not known any more. */
  get moments(): readonly Moment[] {
    return this.#moments
  }

  lost(): void {
    this.#isLost = true
  }

  batch(of: TopicPartition, bytes: Uint8Array): void {
    if (this.#isLost) return
    const { topic, partition } = of
    if (topic === internalTopics.transactions) return
    const home = partitionName(of)
    if (isControl(bytes)) return this.#end(home, bytes)
    if (topic === internalTopics.offsets) return this.#offsets(home, bytes)
    const groups = this.#groupsOf(bytes)
    const transaction = groups === undefined ? undefined : { groups }
    this.#take(home, bytes, { _tag: 'records', topic, partition, bytes, transaction, withdrawn: false })
  }

  #offsets(home: string, bytes: Uint8Array): void {
    const groups = this.#groupsOf(bytes)
    readRecords(bytes, ({ key, value, offset: writtenAt }) => {
      const read = key === null ? undefined : decodeGroupRecord({ key, value })
      if (read?._tag !== 'Right' || read.right?._tag !== 'offset') return
      const { group, topic, partition, value: committed } = read.right
      groups?.add(group)
      this.#take(home, bytes, { _tag: 'offset', group, topic, partition, offset: committed?.offset, writtenAt })
    })
  }

  /** Those of the transaction that the batch belongs to, if it belongs to one: more may come. */
  #groupsOf(bytes: Uint8Array): Set<string> | undefined {
    if (!isTransactional(bytes)) return undefined
    const producer = this.#producer(producerIdOf(bytes))
    const epoch = producerEpochOf(bytes)
    if (epoch > producer.epoch) {
      producer.epoch = epoch
      producer.groups = new Set()
    }
    return producer.groups
  }

  #take(home: string, bytes: Uint8Array, change: Change): void {
    if (!isTransactional(bytes)) return this.#count(change)
    const producer = this.#producer(producerIdOf(bytes))
    const epoch = producerEpochOf(bytes)
    const counts = epoch < producer.committed
    producer.parts.push({ home, epoch, change, counts })
    if (counts) this.#count(change)
  }

  #end(home: string, bytes: Uint8Array): void {
    const control = readControlRecord(bytes)
    if (control._tag === 'Left' || control.right.type === 'other') return
    const producer = this.#producer(producerIdOf(bytes))
    const epoch = producerEpochOf(bytes)
    const isEnded = (part: Part) => part.home === home && part.epoch < epoch
    if (control.right.type === 'commit') this.#commit(producer, epoch)
    else
      for (const part of producer.parts.filter(isEnded))
        if (part.counts && part.change._tag === 'records') this.#count({ ...part.change, withdrawn: true })
    producer.parts = producer.parts.filter((part) => !isEnded(part))
  }

  /** All of it, in whichever partition. */
  #commit(producer: Producer, epoch: number): void {
    producer.committed = Math.max(producer.committed, epoch)
    for (const part of producer.parts) {
      if (part.counts || part.epoch >= epoch) continue
      part.counts = true
      this.#count(part.change)
    }
  }

  #producer(producerId: number): Producer {
    const known = this.#producers.get(producerId)
    if (known !== undefined) return known
    const made: Producer = { epoch: -1, groups: new Set(), parts: [], committed: -1 }
    this.#producers.set(producerId, made)
    return made
  }

  #count(change: Change): void {
    const { now: atMs, trace } = this.#world
    const { steps: step } = trace
    const last = this.#moments.at(-1)
    if (last?.step === step) last.changes.push(change)
    else this.#moments.push({ atMs, step, changes: [change] })
  }
}
