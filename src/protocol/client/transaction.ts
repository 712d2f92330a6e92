import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { type FailureSource, isFatal, isPassing } from './transaction-failure.ts'

/** The states of a transactional producer, under the names that Kafka's clients give them. */
export type ProducerPhase =
  | 'UNINITIALIZED'
  | 'INITIALIZING'
  | 'READY'
  | 'IN_TRANSACTION'
  | 'COMMITTING'
  | 'ABORTING'
  | 'ABORTABLE_ERROR'
  | 'FATAL_ERROR'

/** With what a producer writes, as the coordinator gave it. */
export interface GivenIdentity {
  readonly producerId: number
  readonly epoch: number
}

/** Plain data, never changed in place. */
export interface ClientTransaction {
  readonly phase: ProducerPhase
  readonly transactionalId: string
  readonly identity: GivenIdentity | undefined
  /** What was sent and not yet answered. A commit waits for it. */
  readonly inFlight: number
  /** Whoever waits for initialization, commit or abort. */
  readonly waiting: number | undefined
  /** How often the present request to the coordinator was sent before; -1 while it was not. */
  readonly attempt: number
  /** Why it is in an error state. */
  readonly failure: EngineFailure | undefined
}

export type ClientTransactionCommand =
  | { readonly _tag: 'initialize'; readonly request: number }
  /** A batch, or offsets, want to go out. The first begins a transaction. */
  | { readonly _tag: 'send'; readonly request: number }
  | { readonly _tag: 'end'; readonly request: number; readonly commit: boolean }
  /** Nobody wants to wait any longer for initialization or end. It goes on, and may be asked for again. */
  | { readonly _tag: 'stopWaiting'; readonly failure: EngineFailure }
  | ({ readonly _tag: 'initialized' } & GivenIdentity)
  | { readonly _tag: 'initializeFailed'; readonly failure: EngineFailure }
  /** Of what was sent; `epoch` is that of its identity. */
  | { readonly _tag: 'sent'; readonly epoch: number }
  | {
      readonly _tag: 'sendFailed'
      readonly epoch: number
      readonly from: FailureSource
      readonly failure: EngineFailure
    }
  /** Something befalls the transaction that is no answer to anything sent. */
  | { readonly _tag: 'befallen'; readonly from: FailureSource; readonly failure: EngineFailure }
  /** With what to go on; `asked` is the identity of the request, since answers may come late. */
  | ({ readonly _tag: 'ended'; readonly asked: GivenIdentity } & GivenIdentity)
  | { readonly _tag: 'endFailed'; readonly asked: GivenIdentity; readonly failure: EngineFailure }

export type ClientTransactionEffect =
  /** Ask the coordinator for an identity. With an `attempt` above 0, wait a little first. */
  | { readonly _tag: 'initProducerId'; readonly attempt: number }
  /** Send what was asked for, with this identity: each epoch counts its sequences from 0. */
  | { readonly _tag: 'admit'; readonly request: number; readonly identity: GivenIdentity }
  | {
      readonly _tag: 'endTransaction'
      readonly identity: GivenIdentity
      readonly commit: boolean
      readonly attempt: number
    }
  | { readonly _tag: 'reply'; readonly request: number; readonly failure?: EngineFailure }

export type ClientTransactionStep = readonly [ClientTransaction, readonly ClientTransactionEffect[]]

export const newClientTransaction = (transactionalId: string): ClientTransaction => ({
  phase: 'UNINITIALIZED',
  transactionalId,
  identity: undefined,
  inFlight: 0,
  waiting: undefined,
  attempt: 0,
  failure: undefined,
})

const notAsked = -1

/**
 * The transactions of one producer, as its client sees them, in KIP-890's form: the end of each gives the identity for
 * the next.
 *
 * **Guarantees** a commit is asked for only once everything sent is acknowledged; once a commit or abort is asked for,
 * the same is asked for again until there is an answer, and never the other: it may have happened.
 */
export const stepClientTransaction = (
  state: ClientTransaction,
  command: ClientTransactionCommand,
): ClientTransactionStep => {
  switch (command._tag) {
    case 'initialize':
      return initialize(state, command.request)
    case 'send':
      return send(state, command.request)
    case 'end':
      return end(state, command)
    case 'stopWaiting':
      return answered({ ...state, waiting: undefined }, state.waiting, command.failure)
    case 'initialized':
      return initialized(state, command)
    case 'initializeFailed':
      return initializeFailed(state, command.failure)
    case 'sent':
      return command.epoch === state.identity?.epoch ? landed(state) : [state, []]
    case 'sendFailed':
      return command.epoch === state.identity?.epoch ? sendFailed(state, command) : [state, []]
    case 'befallen':
      return befallen(state, command)
    case 'ended':
      return ended(state, command)
    case 'endFailed':
      return endFailed(state, command)
  }
}

const answered = (
  state: ClientTransaction,
  request: number | undefined,
  failure?: EngineFailure,
): ClientTransactionStep => {
  if (request === undefined) return [state, []]
  return [state, [failure === undefined ? { _tag: 'reply', request } : { _tag: 'reply', request, failure }]]
}

const refuse = (state: ClientTransaction, request: number, wanted: string): ClientTransactionStep =>
  answered(
    state,
    request,
    state.failure ??
      engineFailure(
        'invalid-transaction-state',
        `transactional id "${state.transactionalId}" cannot ${wanted} while it is ${state.phase}: wait for what is under way`,
      ),
  )

const fatal = (state: ClientTransaction, failure: EngineFailure): ClientTransactionStep =>
  answered({ ...state, phase: 'FATAL_ERROR', waiting: undefined, failure }, state.waiting, failure)

const initialize = (state: ClientTransaction, request: number): ClientTransactionStep => {
  if (state.phase === 'INITIALIZING' && state.waiting === undefined) return [{ ...state, waiting: request }, []]
  if (state.phase !== 'UNINITIALIZED') return refuse(state, request, 'initialize')
  return [{ ...state, phase: 'INITIALIZING', waiting: request }, [{ _tag: 'initProducerId', attempt: 0 }]]
}

const initialized = (state: ClientTransaction, { producerId, epoch }: GivenIdentity): ClientTransactionStep => {
  if (state.phase !== 'INITIALIZING') return [state, []]
  return answered(ready(state, { producerId, epoch }), state.waiting)
}

const ready = (state: ClientTransaction, identity: GivenIdentity | undefined): ClientTransaction => ({
  ...state,
  phase: 'READY',
  identity,
  inFlight: 0,
  waiting: undefined,
  attempt: 0,
  failure: undefined,
})

const initializeFailed = (state: ClientTransaction, failure: EngineFailure): ClientTransactionStep => {
  if (state.phase !== 'INITIALIZING') return [state, []]
  if (!isPassing(failure)) return fatal(state, failure)
  const attempt = state.attempt + 1
  return [{ ...state, attempt }, [{ _tag: 'initProducerId', attempt }]]
}

const send = (state: ClientTransaction, request: number): ClientTransactionStep => {
  const { identity } = state
  if (identity === undefined || (state.phase !== 'READY' && state.phase !== 'IN_TRANSACTION')) {
    return refuse(state, request, 'send')
  }
  const next: ClientTransaction = { ...state, phase: 'IN_TRANSACTION', inFlight: state.inFlight + 1 }
  return [next, [{ _tag: 'admit', request, identity }]]
}

const landed = (state: ClientTransaction): ClientTransactionStep => {
  const next = { ...state, inFlight: state.inFlight - 1 }
  return next.phase === 'COMMITTING' && next.inFlight === 0 && next.attempt === notAsked ? askEnd(next) : [next, []]
}

const sendFailed = (
  state: ClientTransaction,
  { from, failure }: { readonly from: FailureSource; readonly failure: EngineFailure },
): ClientTransactionStep => {
  if (state.phase === 'FATAL_ERROR') return [state, []]
  const next = { ...state, inFlight: state.inFlight - 1 }
  if (isFatal(from, failure)) return fatal(next, failure)
  // An abort that is under way makes it good.
  if (state.phase === 'ABORTING' || state.phase === 'ABORTABLE_ERROR') return [next, []]
  // A commit that waits for this answer was not asked for yet.
  return answered({ ...next, phase: 'ABORTABLE_ERROR', waiting: undefined, failure }, state.waiting, failure)
}

/** As if something had been sent, and this were its answer; nobody is there whom it could befall without an identity. */
const befallen = (
  state: ClientTransaction,
  what: { readonly from: FailureSource; readonly failure: EngineFailure },
): ClientTransactionStep =>
  state.identity === undefined ? [state, []] : sendFailed({ ...state, inFlight: state.inFlight + 1 }, what)

const end = (
  state: ClientTransaction,
  { request, commit }: { readonly request: number; readonly commit: boolean },
): ClientTransactionStep => {
  const phase = commit ? 'COMMITTING' : 'ABORTING'
  // The same again, after a wait that was given up.
  if (state.phase === phase && state.waiting === undefined) return [{ ...state, waiting: request }, []]
  if (state.phase === 'READY') return answered(state, request)
  if (state.phase !== 'IN_TRANSACTION' && (commit || !mayStillAbort(state))) {
    return refuse(state, request, commit ? 'commit' : 'abort')
  }
  const next: ClientTransaction = { ...state, phase, waiting: request, attempt: notAsked, failure: undefined }
  // An abort need not wait: whatever arrives late carries an epoch that the abort has passed.
  return commit && next.inFlight > 0 ? [next, []] : askEnd(next)
}

/** Nobody has asked the coordinator for a commit yet: the wait for what was sent was given up. */
const mayStillAbort = ({ phase, attempt, waiting }: ClientTransaction): boolean =>
  phase === 'ABORTABLE_ERROR' || (phase === 'COMMITTING' && attempt === notAsked && waiting === undefined)

const askEnd = (state: ClientTransaction): ClientTransactionStep => {
  const attempt = state.attempt + 1
  if (state.identity === undefined) throw new Error('broken invariant: a transaction without an identity')
  const commit = state.phase === 'COMMITTING'
  return [{ ...state, attempt }, [{ _tag: 'endTransaction', identity: state.identity, commit, attempt }]]
}

const isEnding = ({ phase, attempt, identity }: ClientTransaction, asked: GivenIdentity): boolean =>
  (phase === 'COMMITTING' || phase === 'ABORTING') &&
  attempt !== notAsked &&
  identity?.producerId === asked.producerId &&
  identity.epoch === asked.epoch

const ended = (
  state: ClientTransaction,
  { asked, producerId, epoch }: { readonly asked: GivenIdentity } & GivenIdentity,
): ClientTransactionStep =>
  isEnding(state, asked) ? answered(ready(state, { producerId, epoch }), state.waiting) : [state, []]

const endFailed = (
  state: ClientTransaction,
  { asked, failure }: { readonly asked: GivenIdentity; readonly failure: EngineFailure },
): ClientTransactionStep => {
  if (!isEnding(state, asked)) return [state, []]
  if (isPassing(failure)) return askEnd(state)
  // After an attempt without an answer the other end is out of reach: that attempt may still arrive.
  if (failure.code !== 'transaction-aborted' || state.attempt > 0) return fatal(state, failure)
  return answered({ ...state, phase: 'ABORTABLE_ERROR', waiting: undefined, failure }, state.waiting, failure)
}
