import { Observable, type Observer, type OperatorFunction, Subscriber, type Subscription } from 'rxjs'
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
export const one = (record: AnyRecord): Observable<AnyRecord> => new OneRecord(record)

/** A stream that hands its subscriber to `take`, which feeds it. */
export const fed = (take: (subscriber: Subscriber<AnyRecord>) => void): Observable<AnyRecord> => new Observable(take)

type Next = (record: AnyRecord) => void

/** Hands its record to an operator's subscriber at once: what else `subscribe` does is for those who bring none. */
class OneRecord extends Observable<AnyRecord> {
  readonly #record: AnyRecord

  constructor(record: AnyRecord) {
    super()
    this.#record = record
  }

  override subscribe(
    to?: Partial<Observer<AnyRecord>> | Next | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (to instanceof Subscriber) return this.#feed(to)
    return new Observable<AnyRecord>((subscriber) => void this.#feed(subscriber)).subscribe(to as Next, error, complete)
  }

  #feed(subscriber: Subscriber<AnyRecord>): Subscription {
    try {
      subscriber.next(this.#record)
      subscriber.complete()
    } catch (error) {
      subscriber.error(error)
    }
    return subscriber
  }
}
