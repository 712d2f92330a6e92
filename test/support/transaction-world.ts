import * as E from 'fp-ts/lib/Either.js'
import { engineFailure } from '../../src/contracts/failure.ts'
import {
  type AppendOrigin,
  appended,
  applyMarker,
  checkAppend,
  isInTransaction,
  type ProducerBatch,
  type ProducerEntry,
} from '../../src/protocol/broker/producer-state.ts'
import { type AbortedTransaction, UnstableTransactions } from '../../src/protocol/broker/stable-offset.ts'
import { loadTransaction, stepTransaction, type TransactionState } from '../../src/protocol/broker/transaction.ts'
import type { TransactionCommand, TransactionEffect } from '../../src/protocol/broker/transaction-messages.ts'
import type { TransactionRecord } from '../../src/protocol/broker/transaction-state.ts'
import { readCommitted } from '../../src/protocol/client/read-committed.ts'

/** The rules that a world runs on: the real ones, or some with a fault in them. */
export interface Rules {
  readonly checkAppend: typeof checkAppend
  readonly applyMarker: typeof applyMarker
  readonly stepTransaction: typeof stepTransaction
}
export const realRules: Rules = { checkAppend, applyMarker, stepTransaction }

export interface TestBatch extends ProducerBatch {
  readonly value: string
}

interface Stored {
  readonly offset: number
  readonly producerId: number
  readonly value?: string
  readonly marker?: 'commit' | 'abort'
}

/** What a partition's leader keeps, one record a batch, everything visible at once. */
export class TestPartition {
  readonly log: Stored[] = []
  readonly #producers = new Map<number, ProducerEntry>()
  readonly #unstable = new UnstableTransactions()
  readonly #aborted: AbortedTransaction[] = []
  readonly #rules: Rules

  constructor(rules: Rules) {
    this.#rules = rules
  }

  knows(batch: TestBatch): boolean {
    return isInTransaction(this.#producers.get(batch.producerId), batch)
  }

  /** The code of the refusal, or `ok`. */
  append(batch: TestBatch, origin: AppendOrigin = 'client'): string {
    const { producerId, value } = batch
    const entry = this.#producers.get(producerId)
    const checked = this.#rules.checkAppend(entry, batch, origin)
    if (E.isLeft(checked)) return checked.left.code
    if (checked.right._tag === 'duplicate') return 'ok'
    const offset = this.log.length
    if ((entry?.openTransaction ?? -1) < 0) this.#unstable.begin(producerId, offset)
    this.#producers.set(producerId, appended(entry, batch, { baseOffset: offset, timestamp: -1, now: 0 }))
    this.log.push({ offset, producerId, value })
    return 'ok'
  }

  /** Whether it was taken. */
  mark(marker: { producerId: number; epoch: number; coordinatorEpoch: number; commit: boolean }): boolean {
    const { producerId, commit } = marker
    const asMarker = { ...marker, producerEpoch: marker.epoch }
    const applied = this.#rules.applyMarker(this.#producers.get(producerId), asMarker, 0)
    if (E.isLeft(applied)) return false
    this.#producers.set(producerId, applied.right)
    const markerOffset = this.log.length
    const aborted = this.#unstable.end(producerId, { markerOffset, commit })
    if (aborted !== undefined) this.#aborted.push(aborted)
    this.log.push({ offset: markerOffset, producerId, marker: commit ? 'commit' : 'abort' })
    this.#unstable.advance(this.log.length)
    return true
  }

  get lastStableOffset(): number {
    return this.#unstable.lastStableOffset({ startOffset: 0, highWatermark: this.log.length })
  }

  /** The values that a committed reader sees. */
  visible(): string[] {
    const batches = this.log.slice(0, this.lastStableOffset)
    const read = readCommitted(
      {
        lastOffset: (b) => b.offset,
        producerId: (b) => b.producerId,
        isTransactional: () => true,
        isControl: (b) => b.marker !== undefined,
        isAbort: (b) => b.marker === 'abort',
      },
      { position: 0, batches, aborted: this.#aborted },
    )
    return read.batches.map(({ value }) => value ?? 'a marker')
  }
}

/**
 * A coordinator and two partitions that exchange nothing but calls: leaders ask the coordinator at once, its log
 * writes at once, and so do markers, unless `heldMarkers` keeps them until {@link releaseMarkers}.
 */
export class TransactionWorld {
  readonly partitions: readonly [TestPartition, TestPartition]
  state: TransactionState
  readonly #rules: Rules
  #written: TransactionRecord | undefined
  #nextProducerId = 0
  heldMarkers = false
  /** What the coordinator's next write comes to. */
  nextWrite: 'done' | 'failed' | 'done, and said to have failed' = 'done'
  #markers: Extract<TransactionEffect, { _tag: 'writeMarkers' }>[] = []

  constructor(rules: Rules = realRules, record?: TransactionRecord) {
    this.#rules = rules
    this.#written = record
    this.partitions = [new TestPartition(rules), new TestPartition(rules)]
    const [state] = loadTransaction({ transactionalId: 'tx', coordinatorEpoch: 0, record, now: 0 })
    this.state = state
  }

  /** The coordinator's reply: `ok` with an identity where there is one, or the code of the refusal. */
  ask(command: TransactionCommand): { code: string; producerId: number; epoch: number } {
    const [state, effects] = this.#rules.stepTransaction(this.state, command)
    this.state = state
    return this.#obey(effects)
  }

  /** A leader's way with a batch: it makes its partition part of the transaction first, as KIP-890 has it. */
  append(partition: 0 | 1, batch: TestBatch): string {
    const code = this.admit(partition, batch)
    return code === 'ok' ? this.partitions[partition].append(batch) : code
  }

  /** The first half of {@link append}, after which a leader may take its time. */
  admit(partition: 0 | 1, batch: TestBatch): string {
    if (this.partitions[partition].knows(batch)) return 'ok'
    const partitions = [{ topic: 't', partition }]
    const { producerId, producerEpoch: epoch } = batch
    return this.ask({ _tag: 'addPartitions', request: 0, producerId, epoch, partitions, now: 0 }).code
  }

  /** The coordinator dies; another loads what was written. Markers under way are lost. */
  reload(): void {
    this.#markers = []
    const coordinatorEpoch = this.state.coordinatorEpoch + 1
    const [state, effects] = loadTransaction({ transactionalId: 'tx', coordinatorEpoch, record: this.#written, now: 0 })
    this.state = state
    this.#obey(effects)
  }

  /** Writes markers that were held: to all their partitions, or to the first only, twice, as a lost answer has it. */
  releaseMarkers(which: 'all' | 'first twice' = 'all'): void {
    for (const markers of this.#markers.splice(0)) {
      if (which === 'all') this.#mark(markers)
      else {
        const [first, ...rest] = markers.partitions
        if (first === undefined) continue
        this.#write({ ...markers, partitions: [first] })
        this.#mark({ ...markers, partitions: [first] })
        if (rest.length > 0) this.#markers.push({ ...markers, partitions: rest })
      }
    }
  }

  #write(markers: Extract<TransactionEffect, { _tag: 'writeMarkers' }>): boolean {
    return markers.partitions.every(({ partition }) => this.partitions[partition as 0 | 1].mark(markers))
  }

  #mark(markers: Extract<TransactionEffect, { _tag: 'writeMarkers' }>): void {
    const { partitions, producerId, epoch } = markers
    if (this.#write(markers)) this.ask({ _tag: 'markersWritten', partitions, producerId, epoch, now: 0 })
    else this.ask({ _tag: 'markersRefused' })
  }

  #obey(effects: readonly TransactionEffect[]): { code: string; producerId: number; epoch: number } {
    let answer = { code: 'no reply', producerId: -1, epoch: -1 }
    for (const effect of effects) {
      const followed = this.#follow(effect)
      if (followed !== undefined) answer = followed
    }
    return answer
  }

  #follow(effect: TransactionEffect): { code: string; producerId: number; epoch: number } | undefined {
    switch (effect._tag) {
      case 'reply': {
        const { reply } = effect
        if (reply._tag === 'identity') return { code: 'ok', producerId: reply.producerId, epoch: reply.epoch }
        return { code: reply._tag === 'added' ? 'ok' : reply.failure.code, producerId: -1, epoch: -1 }
      }
      case 'allocateProducerId':
        return this.ask({ _tag: 'producerIdAllocated', producerId: this.#nextProducerId++ })
      case 'persist': {
        const outcome = this.nextWrite
        this.nextWrite = 'done'
        if (outcome !== 'failed') this.#written = effect.record
        const failure = engineFailure('timed-out', 'the write failed')
        const answer = this.ask(outcome === 'done' ? { _tag: 'persisted' } : { _tag: 'persistFailed', failure })
        return answer.code === 'no reply' ? undefined : answer
      }
      case 'writeMarkers':
        if (this.heldMarkers) this.#markers.push(effect)
        else this.#mark(effect)
        return undefined
    }
  }
}
