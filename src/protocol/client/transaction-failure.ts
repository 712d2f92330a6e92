import type { EngineFailure, FailureCode } from '../../contracts/failure.ts'

/** Who refused what was sent: a partition's leader, or the coordinator of the transaction or of the group. */
export type FailureSource = 'partition' | 'coordinator'

/** The same request may succeed, or may have succeeded: ask again. */
export const isPassing = ({ kind }: EngineFailure): boolean => kind === 'retriable' || kind === 'indeterminate'

/** What makes a coordinator's refusal abortable; any other that does not pass by itself ends the producer. */
const abortableAtCoordinator: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'transaction-aborted',
  'illegal-generation',
  'unknown-member',
  'fenced-instance',
])

/** What a partition knows for certain about the producer. Its epoch may just be the timeout's: the abort will tell. */
const fatalAtPartition: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'producer-fenced',
  'invalid-producer-id-mapping',
  'closed',
])

/** Whether a failure to send ends the producer. If not, the transaction has to be aborted. */
export const isFatal = (from: FailureSource, failure: EngineFailure): boolean =>
  from === 'partition'
    ? fatalAtPartition.has(failure.code)
    : failure.kind === 'fatal' && !abortableAtCoordinator.has(failure.code)
