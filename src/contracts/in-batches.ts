import type { OperatorFunction } from 'rxjs'
import type { AnyRecord } from './stream-record.ts'

/** The key under which `inBatches` keeps its work, for the runner. */
export const batchWork: unique symbol = Symbol('millrace.batchWork')

/** Work that is better done for many records at once. */
export interface BatchWork<R extends AnyRecord = AnyRecord> {
  /** In input order, one at least, {@link maxRecords} at most. The signal aborts when the attempt is given up. */
  readonly work: (records: readonly R[], signal: AbortSignal) => PromiseLike<void> | void
  readonly maxRecords: number
}

/** Where the runner splits a pipeline: never applied, only read. */
export interface InBatches<R extends AnyRecord> extends OperatorFunction<R, R> {
  readonly [batchWork]: BatchWork<R>
}

// biome-ignore lint/suspicious/noExplicitAny: a marked operator of any record type
export const isInBatches = (operator: OperatorFunction<any, any>): operator is InBatches<any> => batchWork in operator
