/**
 * What a failure of an engine means to its caller:
 * - `retriable`: the same call may succeed later; nothing has happened yet.
 * - `abortable`: the transaction must be aborted; the producer goes on with the next.
 * - `refused`: this call will never succeed as it is; everything else goes on.
 * - `fatal`: the handle it was called on is done for.
 * - `indeterminate`: it may have happened.
 */
export type FailureKind = 'retriable' | 'abortable' | 'refused' | 'fatal' | 'indeterminate'

/** Every code a failure may carry, and what it means. The docs list them; a test compares. */
export const failureKinds = {
  // what was asked for
  'unknown-topic': 'refused',
  'topic-exists': 'refused',
  'invalid-topic': 'refused',
  'invalid-config': 'refused',
  'invalid-partitions': 'refused',
  'unknown-partition': 'refused',
  'invalid-url': 'refused',
  'invalid-name': 'refused',
  'invalid-record': 'refused',
  'record-too-large': 'refused',
  'offset-out-of-range': 'refused',
  unsupported: 'refused',
  'missing-package': 'refused',
  'read-only': 'refused',
  // the disk
  'storage-full': 'retriable',
  'storage-denied': 'fatal',
  'storage-failed': 'fatal',
  'corrupt-log': 'refused',
  'foreign-directory': 'refused',
  'newer-version': 'refused',
  'already-owned': 'refused',
  // the call
  closed: 'fatal',
  cancelled: 'refused',
  'timed-out': 'indeterminate',
  // producers and transactions
  'producer-fenced': 'fatal',
  'invalid-producer-epoch': 'fatal',
  'invalid-producer-id-mapping': 'fatal',
  'out-of-order-sequence': 'fatal',
  'outcome-unknown': 'indeterminate',
  'invalid-transaction-state': 'fatal',
  'invalid-transaction-timeout': 'refused',
  'transaction-aborted': 'abortable',
  'concurrent-transactions': 'retriable',
  'coordinator-fenced': 'fatal',
  'not-coordinator': 'retriable',
  // replicas
  'not-leader': 'retriable',
  'leadership-lost': 'indeterminate',
  'not-enough-replicas': 'retriable',
  'not-enough-replicas-after-append': 'indeterminate',
  'fenced-leader-epoch': 'retriable',
  'unknown-leader-epoch': 'retriable',
  'offset-not-available': 'retriable',
  // groups
  'unknown-group': 'refused',
  'unknown-member': 'abortable',
  'illegal-generation': 'abortable',
  'fenced-instance': 'fatal',
  'rebalance-in-progress': 'retriable',
  'inconsistent-protocol': 'refused',
  'group-not-empty': 'refused',
  'unstable-offsets': 'retriable',
  'member-id-required': 'retriable',
} as const

export type FailureCode = keyof typeof failureKinds

/** A call to an engine that did not succeed. `message` names the thing, the value and the way out. */
export interface EngineFailure {
  readonly _tag: 'EngineFailure'
  readonly code: FailureCode
  readonly kind: FailureKind
  readonly message: string
  readonly cause?: unknown
}

const kindOf: Readonly<Record<FailureCode, FailureKind>> = failureKinds

export const engineFailure = (code: FailureCode, message: string, cause?: unknown): EngineFailure => ({
  _tag: 'EngineFailure',
  code,
  kind: kindOf[code],
  message,
  ...(cause === undefined ? {} : { cause }),
})

/** An {@link EngineFailure} as the facade rejects with it. */
export class MillraceError extends Error {
  readonly _tag = 'MillraceError'
  override readonly name = 'MillraceError'
  readonly code: FailureCode
  readonly kind: FailureKind
  readonly #failure: EngineFailure
  constructor(failure: EngineFailure) {
    // one that is there without a value is shown as one
    super(`${failure.message} [${failure.code}]`, failure.cause === undefined ? {} : { cause: failure.cause })
    this.code = failure.code
    this.kind = failure.kind
    this.#failure = failure
  }
  /** The failure as the engine told it. */
  get failure(): EngineFailure {
    return this.#failure
  }
}
