import { engineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import { none } from './producer-state.ts'
import { decideAdd, isSame } from './transaction-add.ts'
import { type Decision, refuse, refused, type TransactionWrite } from './transaction-decision.ts'
import { decideEnd } from './transaction-end.ts'
import { decideInit, fence, type Known } from './transaction-init.ts'
import type {
  EndTransaction,
  InitProducerId,
  TransactionCommand,
  TransactionEffect,
  TransactionEvent,
  TransactionReply,
  TransactionRequest,
} from './transaction-messages.ts'
import { completed, isPrepared, type TransactionRecord } from './transaction-state.ts'

/** A coordinator's state for one transactional id. Plain data, never changed in place. */
export interface TransactionState {
  readonly transactionalId: string
  /** The leader epoch of the partition that keeps the record: markers carry it, and a later one fences this. */
  readonly coordinatorEpoch: number
  /** As it is durable; undefined for an id that nobody ever used, or that has expired. */
  readonly record: TransactionRecord | undefined
  /** The epoch before the present one if its owner was given the present one, else -1. Not durable, as in Kafka. */
  readonly lastEpoch: number
  /** A fence could not be written. Its epoch holds in `record` all the same, and the next fence takes it. */
  readonly failedFence: boolean
  /** What is being waited for, meanwhile others get `concurrent-transactions`. */
  readonly pending: Pending | undefined
  /** Partitions of a prepared transaction whose markers are not yet known to be written. */
  readonly unmarked: readonly TopicPartition[]
  /** Somebody else coordinates this id. */
  readonly deposed: boolean
}

type Pending =
  | { readonly _tag: 'allocating'; readonly request: InitProducerId | EndTransaction }
  | {
      readonly _tag: 'writing'
      readonly next: TransactionRecord | undefined
      readonly lastEpoch: number
      readonly fence: boolean
      readonly reply?: { readonly request: number; readonly reply: TransactionReply }
      readonly now: number
    }

export type TransactionStep = readonly [TransactionState, readonly TransactionEffect[]]

/** A coordinator takes over an id, with the record as it is durable: what a crash left prepared is finished. */
export const loadTransaction = (loaded: {
  readonly transactionalId: string
  readonly coordinatorEpoch: number
  readonly record: TransactionRecord | undefined
  readonly now: number
}): TransactionStep => {
  const { transactionalId, coordinatorEpoch, record, now } = loaded
  const state: TransactionState = {
    transactionalId,
    coordinatorEpoch,
    record,
    lastEpoch: none,
    failedFence: false,
    pending: undefined,
    unmarked: [],
    deposed: false,
  }
  return finish(state, now)
}

/**
 * The coordinator of one transactional id, with KIP-890's transactions: an epoch each, so that what arrives late can
 * touch no other transaction than its own.
 *
 * **Guarantees** its memory changes only once a write is known to be durable; meanwhile requests are refused as
 * `concurrent-transactions`. A decision to commit or abort is answered once it is durable, and never taken back; the
 * markers, which make it visible, follow.
 */
export const stepTransaction = (state: TransactionState, command: TransactionCommand): TransactionStep => {
  switch (command._tag) {
    case 'initProducerId':
    case 'addPartitions':
    case 'endTransaction':
      return request(state, command)
    default:
      return state.deposed ? [state, []] : event(state, command)
  }
}

const event = (state: TransactionState, command: TransactionEvent): TransactionStep => {
  switch (command._tag) {
    case 'producerIdAllocated':
      return allocated(state, command.producerId)
    case 'producerIdRefused':
      return state.pending?._tag === 'allocating'
        ? [{ ...state, pending: undefined }, [reply(state.pending.request.request, refused(command.failure))]]
        : [state, []]
    case 'persisted':
      return persisted(state)
    case 'persistFailed':
      return persistFailed(state, refused(command.failure))
    case 'markersWritten':
      return markersWritten(state, command)
    case 'markersRefused':
      return [{ ...state, deposed: true, unmarked: [] }, []]
    case 'tick':
      return tick(state, command)
    case 'abandoned':
      return isOpen(state) ? writing(state, abort(state, state.record, command.now), command.now) : [state, []]
  }
}

const reply = (to: number, what: TransactionReply): TransactionEffect => ({ _tag: 'reply', request: to, reply: what })

const request = (state: TransactionState, asked: TransactionRequest, freshId?: number): TransactionStep => {
  const decision = state.deposed
    ? notHere(state)
    : decide({ ...state, busy: state.pending !== undefined, freshId }, asked)
  switch (decision._tag) {
    case 'answer':
      return [state, [reply(asked.request, decision.reply)]]
    case 'allocate':
      if (asked._tag === 'addPartitions') throw new Error('broken invariant: adding partitions needs no producer id')
      return [{ ...state, pending: { _tag: 'allocating', request: asked } }, [{ _tag: 'allocateProducerId' }]]
    case 'write':
      return writing(state, decision, asked.now, asked.request)
  }
}

const decide = (known: Known, asked: TransactionRequest): Decision => {
  switch (asked._tag) {
    case 'initProducerId':
      return decideInit(known, asked)
    case 'addPartitions':
      return decideAdd(known, asked)
    case 'endTransaction':
      return decideEnd(known, asked)
  }
}

const notHere = ({ transactionalId }: TransactionState): Decision =>
  refuse('coordinator-fenced', `another coordinator has taken over transactional id "${transactionalId}": find it anew`)

const allocated = (state: TransactionState, producerId: number): TransactionStep =>
  state.pending?._tag === 'allocating'
    ? request({ ...state, pending: undefined }, state.pending.request, producerId)
    : [state, []]

const writing = (state: TransactionState, decided: TransactionWrite, now: number, to?: number): TransactionStep => {
  const { next, lastEpoch } = decided
  const answered = to === undefined ? {} : { reply: { request: to, reply: decided.reply } }
  const pending: Pending = { _tag: 'writing', next, lastEpoch, fence: decided.fence, now, ...answered }
  return [{ ...state, pending }, [{ _tag: 'persist', record: next }]]
}

const persisted = (state: TransactionState): TransactionStep => {
  const { pending } = state
  if (pending?._tag !== 'writing') return [state, []]
  const written: TransactionState = {
    ...state,
    record: pending.next,
    lastEpoch: pending.lastEpoch,
    failedFence: false,
    pending: undefined,
  }
  const [next, effects] = finish(written, pending.now)
  return [next, pending.reply === undefined ? effects : [reply(pending.reply.request, pending.reply.reply), ...effects]]
}

const persistFailed = (state: TransactionState, refusal: TransactionReply): TransactionStep => {
  const { pending, record } = state
  if (pending?._tag !== 'writing') return [state, []]
  const answers = pending.reply === undefined ? [] : [reply(pending.reply.request, refusal)]
  const kept: TransactionState = { ...state, pending: undefined }
  if (pending.fence && pending.next !== undefined && record !== undefined) {
    const fencedRecord = { ...record, epoch: pending.next.epoch }
    return [{ ...kept, record: fencedRecord, lastEpoch: none, failedFence: true }, answers]
  }
  return [kept, answers]
}

/** Brings a decided transaction on its way: its markers, or its end where it had no partitions. */
const finish = (state: TransactionState, now: number): TransactionStep => {
  const { record, coordinatorEpoch } = state
  if (record === undefined || !isPrepared(record)) return [state, []]
  const { partitions, producerId, epoch } = record
  if (partitions.length === 0) return complete(state, record, now)
  const commit = record.phase === 'PrepareCommit'
  const markers: TransactionEffect = { _tag: 'writeMarkers', partitions, producerId, epoch, commit, coordinatorEpoch }
  return [{ ...state, unmarked: partitions }, [markers]]
}

const complete = (state: TransactionState, record: TransactionRecord, now: number): TransactionStep => {
  const next = completed(record, now)
  const pending: Pending = { _tag: 'writing', next, lastEpoch: state.lastEpoch, fence: false, now }
  return [{ ...state, unmarked: [], pending }, [{ _tag: 'persist', record: next }]]
}

const markersWritten = (
  state: TransactionState,
  { partitions, producerId, epoch, now }: Extract<TransactionEvent, { _tag: 'markersWritten' }>,
): TransactionStep => {
  const { record } = state
  const mine = record?.producerId === producerId && record.epoch === epoch && isPrepared(record)
  if (!mine || state.pending !== undefined) return [state, []]
  const unmarked = state.unmarked.filter((p) => !partitions.some((written) => isSame(p, written)))
  return unmarked.length === 0 ? complete(state, record, now) : [{ ...state, unmarked }, []]
}

type Open = TransactionState & { readonly record: TransactionRecord }

const isOpen = (state: TransactionState): state is Open =>
  state.pending === undefined && state.record?.phase === 'Ongoing'

const abort = (state: TransactionState, record: TransactionRecord, now: number): TransactionWrite =>
  fence(state, record, {
    now,
    lastEpoch: none,
    reply: refused(engineFailure('producer-fenced', 'the transaction took too long')),
  })

const tick = (
  state: TransactionState,
  { now, idExpirationMs }: { now: number; idExpirationMs: number },
): TransactionStep => {
  const { record } = state
  if (record === undefined || state.pending !== undefined) return [state, []]
  if (isOpen(state)) {
    const late = state.record.startedAtMs + state.record.timeoutMs < now
    return late ? writing(state, abort(state, state.record, now), now) : [state, []]
  }
  if (isPrepared(record)) {
    // All markers are there, but the completion could not be written.
    return state.unmarked.length === 0 ? complete(state, record, now) : [state, []]
  }
  if (now - record.updatedAtMs < idExpirationMs) return [state, []]
  const pending: Pending = { _tag: 'writing', next: undefined, lastEpoch: none, fence: false, now }
  return [{ ...state, pending }, [{ _tag: 'persist', record: undefined }]]
}
