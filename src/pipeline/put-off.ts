import { aloneBytes } from '../batch/record-size.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Random } from '../contracts/random.ts'
import { errorText, markedHeaders } from '../protocol/retry/headers.ts'
import { putOff } from '../protocol/retry/history.ts'
import { dueAfter, freshRung, type Rung } from '../protocol/retry/ladder.ts'
import { misfit, type Sink } from './encoded-output.ts'
import type { RetryLaterPolicy, RetryTier } from './retry-later.ts'
import { retryTopicName } from './retry-topics.ts'
import type { FailedAttempt, ParksUntil, Verdict } from './verdict.ts'

export interface PutOffSetup {
  readonly pipeline: string
  readonly sinks: ReadonlyMap<string, Sink>
  /** What one record may write. */
  readonly outputBytesMax: number
  readonly clock: Clock
  readonly random: Random
}

/** Where a record waits now, and for how long. */
export interface PutOff {
  readonly verdict: ParksUntil | Extract<Verdict, { readonly _tag: 'done' }>
  readonly afterMs: number
}

/** Puts the records of one task off, as a `retryLater` says. */
export class PuttingOff {
  readonly #o: PutOffSetup
  /** By the name of the tier. */
  readonly #rungs = new Map<string, Rung>()

  constructor(setup: PutOffSetup) {
    this.#o = setup
  }

  /** Puts a record off to `tier`; why it cannot be, where that is text. */
  to(tier: RetryTier, { jitter, ordered }: RetryLaterPolicy, failed: FailedAttempt): PutOff | string {
    const sink = this.#o.sinks.get(retryTopicName(this.#o.pipeline, tier.name))
    if (sink === undefined) return `its tier '${tier.name}' is not listed beside the function`
    const nowMs = this.#o.clock.now()
    const dueAtMs = this.#dueAfter(tier, jitter, nowMs)
    const history = putOff(failed.history, nowMs)
    const error = errorText(failed.reason)
    const afterMs = dueAtMs - nowMs
    if (ordered) return { verdict: { _tag: 'parks', dueAtMs, tier: sink, history, error }, afterMs }
    const { source, raw } = failed
    const { key, value, offset, timestamp } = raw
    const origin = { topic: source.topic, partition: source.partition, offset, timestamp }
    const headers = markedHeaders(raw.headers, { origin, history, dueAtMs, error })
    const sizeBytes = aloneBytes(key, value, headers)
    const refusal = misfit(sink, key, sizeBytes, failed)
    if (refusal !== undefined) return `it cannot be put off: ${refusal.message}`
    const { outputBytesMax } = this.#o
    if (sizeBytes > outputBytesMax)
      return `it takes ${sizeBytes} bytes, and outputBytesMax is ${outputBytesMax}: raise it`
    return { verdict: { _tag: 'done', outputs: [{ sink, key, value, headers, timestamp: nowMs }] }, afterMs }
  }

  #dueAfter({ name, waitMs }: RetryTier, jitter: number, nowMs: number): number {
    const rung = dueAfter(this.#rungs.get(name) ?? freshRung, { nowMs, waitMs, jitter, draw: this.#o.random.next })
    this.#rungs.set(name, rung)
    return rung.lastDueMs
  }
}
