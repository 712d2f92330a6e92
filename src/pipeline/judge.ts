import * as E from 'fp-ts/lib/Either.js'
import { aloneBytes } from '../batch/record-size.ts'
import { given } from '../codec/arguments.ts'
import { deadLetterOf } from '../codec/dead-letter.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Random } from '../contracts/random.ts'
import { UncarriedRecord } from '../contracts/refusal.ts'
import { StateStoreFull } from '../store/state-store-full.ts'
import { UnreadableRecord } from './attempt-errors.ts'
import { backOffMs } from './back-off.ts'
import type { Counters } from './counters.ts'
import { type EncodedOutput, misfit, type Sink } from './encoded-output.ts'
import type { Notice } from './notice.ts'
import { type ChoosePolicy, type DeadLetterPolicy, type ErrorPolicy, isPolicy, policyName } from './on-error.ts'
import { Outage } from './outage.ts'
import { readRecord, undecodedRecord } from './source.ts'
import type { FailedAttempt, Verdict } from './verdict.ts'

export interface JudgeSetup {
  readonly pipeline: string
  readonly task: number
  readonly choose: ChoosePolicy
  readonly outageAfter: number
  /** What one record may write, its letter too. */
  readonly outputBytesMax: number
  readonly sinks: ReadonlyMap<string, Sink>
  readonly counters: Counters
  readonly clock: Clock
  readonly random: Random
  readonly notice: (notice: Notice) => void
}

/** What one task does about failures, as `onError` says, and what it tells about them. */
export class Judge {
  readonly #o: JudgeSetup
  readonly #outage: Outage
  #isOut = false

  constructor(setup: JudgeSetup) {
    this.#o = setup
    this.#outage = new Outage(setup.outageAfter)
  }

  readonly succeeded = (): void => {
    this.#outage.succeeded()
    this.#isOut = false
  }

  readonly judge = (failed: FailedAttempt): Verdict => {
    this.#o.counters.failures += 1
    if (failed.reason instanceof UncarriedRecord) return this.#end(failed)
    // left out, its state would be lost; what expires may make room
    if (failed.reason instanceof StateStoreFull) return this.#halt(failed, 'halt, whatever onError says')
    const chosen = this.#choose(failed)
    if (chosen.policy === 'halt') return this.#halt(failed, chosen.aside ?? 'halt')
    if (this.#outage.failed(failed.raw.key, failed.recordId, failed.reason)) return this.#pause(failed)
    if (chosen.policy === 'skip') {
      this.#o.counters.skipped += 1
      this.#tell(failed, 'skip', 'it is left out')
      return { _tag: 'done', outputs: [] }
    }
    return this.#bury(failed, chosen.policy)
  }

  /** Nobody knows what else was lost in the way that this record was. */
  #end(failed: FailedAttempt): Verdict {
    this.#tell(failed, 'end', 'it ends the run, whatever onError says')
    return { _tag: 'ends' }
  }

  #choose(failed: FailedAttempt): { readonly policy: ErrorPolicy; readonly aside?: string } {
    try {
      const read = readRecord(failed.source, failed.raw, undefined)
      const record = read instanceof UnreadableRecord ? undecodedRecord(failed.source, failed.raw) : read
      const policy: unknown = this.#o.choose(failed.reason, record)
      if (isPolicy(policy)) return { policy }
      return { policy: 'halt', aside: `halt, since onError answered ${given(policy)}, which is no policy` }
    } catch (thrown) {
      return { policy: 'halt', aside: `halt, since onError itself threw: ${messageOf(thrown)}` }
    }
  }

  #halt(failed: FailedAttempt, policy: string): Verdict {
    const afterMs = backOffMs(failed.failures, this.#o.random)
    this.#tell(failed, policy, `it runs again in ${afterMs} ms, and nothing enters before it is done`, afterMs)
    return { _tag: 'again', afterMs }
  }

  #pause(failed: FailedAttempt): Verdict {
    const { pipeline, task, outageAfter, notice } = this.#o
    if (!this.#isOut) {
      const message =
        `pipeline '${pipeline}': records of ${outageAfter} different keys failed one after the other: this looks like an outage, ` +
        `so that task ${task} waits, and gives no more of them up (the last: ${messageOf(failed.reason)})`
      notice({ _tag: 'outage', message, task, error: failed.reason })
    }
    this.#isOut = true
    return this.#halt(failed, 'outage')
  }

  #bury(failed: FailedAttempt, { topic }: DeadLetterPolicy): Verdict {
    const sink = this.#o.sinks.get(topic.name)
    if (sink === undefined)
      return this.#halt(failed, `halt, since topic '${topic.name}' is neither listed beside the function nor in uses`)
    const letter = this.#letter(failed, { _tag: 'DeadLetter', topic }, sink)
    if (E.isLeft(letter)) return this.#halt(failed, letter.left)
    this.#o.counters.deadLettered += 1
    this.#tell(failed, policyName({ _tag: 'DeadLetter', topic }), `it goes to '${topic.name}'`)
    return { _tag: 'done', outputs: [letter.right] }
  }

  #letter(failed: FailedAttempt, { topic }: DeadLetterPolicy, sink: Sink): E.Either<string, EncodedOutput> {
    const { source, raw, reason } = failed
    const { offset, timestamp, key, value, headers } = raw
    const record = { topic: source.topic, partition: source.partition, offset, timestamp, key, value, headers }
    const error =
      reason instanceof UnreadableRecord ? { _tag: 'DecodeError', codec: reason.codec, report: reason.report } : reason
    const letter = deadLetterOf({ pipeline: this.#o.pipeline, record, error })
    const bytes = topic.value.encode(letter)
    const output = { sink, key, value: bytes, headers: noHeaders, timestamp: this.#o.clock.now() }
    const sizeBytes = aloneBytes(key, bytes, noHeaders)
    const refusal = misfit(sink, key, sizeBytes, failed)
    if (refusal !== undefined) return E.left(`halt, since its letter cannot be written: ${refusal.message}`)
    const { outputBytesMax } = this.#o
    if (sizeBytes <= outputBytesMax) return E.right(output)
    return E.left(`halt, since its letter takes ${sizeBytes} bytes, and outputBytesMax is ${outputBytesMax}: raise it`)
  }

  #tell(failed: FailedAttempt, policy: string, outcome: string, retryInMs?: number): void {
    const { recordId, reason, failures } = failed
    const message = `pipeline '${this.#o.pipeline}': record '${recordId}' failed (${failures}): ${messageOf(reason)}; ${outcome} [${policy}]`
    const retry = retryInMs === undefined ? {} : { retryInMs }
    this.#o.notice({ _tag: 'record-failed', message, recordId, error: reason, failures, policy, ...retry })
  }
}

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

const messageOf = (thrown: unknown): string => {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  } catch {
    return 'something that cannot be printed'
  }
}
