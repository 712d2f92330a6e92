import { Subscriber } from 'rxjs'
import type { AnyRecord } from '../contracts/stream-record.ts'

/** What comes out at the end of one record's chain: how it ended and, where `passed` is given, every value before that. */
// A Subscriber itself: of any other observer RxJS makes one, and wraps it twice, for each record.
export class ChainEnd extends Subscriber<unknown> {
  /** Undefined where the values go nowhere: what is to be kept was written on the way. */
  readonly passed: AnyRecord[] | undefined
  hasFailed = false
  reason: unknown

  constructor(passed?: AnyRecord[]) {
    super()
    this.passed = passed
  }

  protected override _next(value: unknown): void {
    this.passed?.push(value as AnyRecord)
  }

  protected override _error(reason: unknown): void {
    this.fail(reason)
    this.unsubscribe()
  }

  protected override _complete(): void {
    this.unsubscribe()
  }

  /** The first reason stands. */
  fail(reason: unknown): void {
    if (this.hasFailed) return
    this.hasFailed = true
    this.reason = reason
  }
}
