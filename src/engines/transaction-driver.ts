import * as E from 'fp-ts/lib/Either.js'
import type { EngineFailure } from '../contracts/failure.ts'
import {
  type ClientTransaction,
  type ClientTransactionCommand,
  type ClientTransactionEffect,
  type GivenIdentity,
  newClientTransaction,
  stepClientTransaction,
} from '../protocol/client/transaction.ts'
import type { FailureSource } from '../protocol/client/transaction-failure.ts'
import { AwaitedReplies } from './awaited-replies.ts'

export type CoordinatorRequest = Extract<ClientTransactionEffect, { _tag: 'initProducerId' | 'endTransaction' }>

export interface TransactionDriverParts {
  readonly transactionalId: string
  /** Asks the coordinator; what it answers is told by {@link TransactionDriver.step}. */
  readonly ask: (request: CoordinatorRequest) => void
  /** What a transaction that lost something answers until it is aborted. */
  readonly mustAbort: (cause: EngineFailure) => EngineFailure
  /** What a send is answered that the machine neither lets through nor refuses. */
  readonly notNow: () => EngineFailure
  /** Hears of a step before its effects are performed. */
  readonly stepped?: (was: ClientTransaction, is: ClientTransaction) => void
}

/** One holder of a transactional id, as every engine has it: drives the client's machine. */
export class TransactionDriver {
  readonly #parts: TransactionDriverParts
  #state: ClientTransaction
  readonly #waiting = new AwaitedReplies<EngineFailure | undefined>()
  /** What was let through by the machine in this very step. */
  #admitted: GivenIdentity | undefined
  /** Why it was not. */
  #refused: EngineFailure | undefined
  readonly #refuse = (failure: EngineFailure | undefined): void => {
    this.#refused = failure
  }

  constructor(parts: TransactionDriverParts) {
    this.#parts = parts
    this.#state = newClientTransaction(parts.transactionalId)
  }

  get state(): ClientTransaction {
    return this.#state
  }

  /** Why nothing but an abort will do, if so. */
  get mustAbort(): EngineFailure | undefined {
    const { phase, failure } = this.#state
    return phase === 'ABORTABLE_ERROR' && failure !== undefined ? this.#parts.mustAbort(failure) : undefined
  }

  /** Lets a send through, or says why not. */
  admit(): E.Either<EngineFailure, GivenIdentity> {
    this.#admitted = undefined
    this.#refused = undefined
    const request = this.#waiting.add(this.#refuse)
    this.step({ _tag: 'send', request })
    this.#waiting.forget(request)
    if (this.#admitted !== undefined) return E.right(this.#admitted)
    return E.left(this.mustAbort ?? this.#refused ?? this.#parts.notNow())
  }

  /** Initializes or ends; `answered` hears once why that failed, or that it did not. */
  ask(
    make: (request: number) => ClientTransactionCommand,
    answered: (failure: EngineFailure | undefined) => void,
  ): void {
    this.step(make(this.#waiting.add(answered)))
  }

  /** What nobody has asked for befalls the transaction. */
  refuse(from: FailureSource, failure: EngineFailure): void {
    this.step({ _tag: 'befallen', from, failure })
  }

  step(command: ClientTransactionCommand): void {
    const [state, effects] = stepClientTransaction(this.#state, command)
    const was = this.#state
    this.#state = state
    this.#parts.stepped?.(was, state)
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: ClientTransactionEffect): void {
    switch (effect._tag) {
      case 'admit':
        this.#admitted = effect.identity
        return
      case 'reply':
        return this.#waiting.answer(effect.request, effect.failure)
      case 'initProducerId':
      case 'endTransaction':
        return this.#parts.ask(effect)
    }
  }
}
