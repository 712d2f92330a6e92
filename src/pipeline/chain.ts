import { Observable, type OperatorFunction, type Subscriber } from 'rxjs'
import type { AnyRecord } from '../contracts/stream-record.ts'

/** Operators in their order, of whatever they take and give. */
// biome-ignore lint/suspicious/noExplicitAny: the types were checked when the pipeline was written
export type Operators = readonly OperatorFunction<any, any>[]

/** Builds the chain over `source`, anew. Throws what an operator throws while it is applied. */
export const chain = (operators: Operators, source: Observable<AnyRecord>): Observable<unknown> => {
  let out: Observable<unknown> = source
  for (const operator of operators) out = operator(out)
  return out
}

/** A stream of one record. */
export const one = (record: AnyRecord): Observable<AnyRecord> =>
  new Observable((subscriber) => {
    subscriber.next(record)
    subscriber.complete()
  })

/** A stream that hands its subscriber to `take`, which feeds it. */
export const fed = (take: (subscriber: Subscriber<AnyRecord>) => void): Observable<AnyRecord> => new Observable(take)
