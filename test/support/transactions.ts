import { loadTransaction, stepTransaction, type TransactionState } from '../../src/protocol/broker/transaction.ts'
import type {
  TransactionCommand,
  TransactionEffect,
  TransactionReply,
} from '../../src/protocol/broker/transaction-messages.ts'
import type { TransactionRecord } from '../../src/protocol/broker/transaction-state.ts'

/** A coordinator whose log writes at once, and whose markers wait until they are asked for. */
export class TestCoordinator {
  state: TransactionState
  /** Every record that was written, the last being what a reload finds. */
  readonly written: (TransactionRecord | undefined)[] = []
  /** Markers that are still to be written. */
  markers: Extract<TransactionEffect, { _tag: 'writeMarkers' }>[] = []
  replies: TransactionReply[] = []
  nextProducerId: number

  constructor({ record, nextProducerId = 100 }: { record?: TransactionRecord; nextProducerId?: number } = {}) {
    this.nextProducerId = nextProducerId
    this.state = this.#load(0, record)
  }

  #load(coordinatorEpoch: number, record: TransactionRecord | undefined): TransactionState {
    const [state, effects] = loadTransaction({ transactionalId: 'tx', coordinatorEpoch, record, now: 0 })
    this.state = state
    this.#obey(effects)
    return this.state
  }

  /** Another coordinator takes over, with what is written. */
  reload(): void {
    this.markers = []
    this.#load(this.state.coordinatorEpoch + 1, this.written.at(-1) ?? this.state.record)
  }

  /** Answers the reply, if there was one. */
  send(command: TransactionCommand): TransactionReply | undefined {
    const before = this.replies.length
    const [state, effects] = stepTransaction(this.state, command)
    this.state = state
    this.#obey(effects)
    return this.replies[before]
  }

  /** Says of all markers that they are written. */
  finish(now = 0): void {
    for (const { partitions, producerId, epoch } of this.markers.splice(0)) {
      this.send({ _tag: 'markersWritten', partitions, producerId, epoch, now })
    }
  }

  #obey(effects: readonly TransactionEffect[]): void {
    for (const effect of effects) {
      if (effect._tag === 'reply') this.replies.push(effect.reply)
      else if (effect._tag === 'writeMarkers') this.markers.push(effect)
      else if (effect._tag === 'allocateProducerId') {
        this.send({ _tag: 'producerIdAllocated', producerId: this.nextProducerId++ })
      } else {
        this.written.push(effect.record)
        this.send({ _tag: 'persisted' })
      }
    }
  }
}

/** The code of a refusal, or `ok`. */
export const codeOf = (reply: TransactionReply | undefined): string =>
  reply === undefined ? 'no reply' : reply._tag === 'refused' ? reply.failure.code : 'ok'
