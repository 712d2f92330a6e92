import * as E from 'fp-ts/lib/Either.js'
import { aloneBytes } from '../batch/record-size.ts'
import { given } from '../codec/arguments.ts'
import { type DeadLetter, deadLetterOf } from '../codec/dead-letter.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Random } from '../contracts/random.ts'
import { UncarriedRecord } from '../contracts/refusal.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import { redrivenIn } from '../protocol/retry/redriven-headers.ts'
import { StateStoreFull } from '../store/state-store-full.ts'
import { StateUnreadable } from '../store/state-unreadable.ts'
import { KeyGivenUp, ParkingFull, UnknownOrigin, UnreadableRecord } from './attempt-errors.ts'
import { backOffMs } from './back-off.ts'
import { type Counters, countLetter } from './counters.ts'
import type { DeadLetterKeyPolicy, DeadLetterPolicy } from './dead-letter-policy.ts'
import { type EncodedOutput, misfit, type Sink } from './encoded-output.ts'
import { attemptsBounds, countIn } from './histogram.ts'
import type { Notice } from './notice.ts'
import { type ChoosePolicy, type ErrorPolicy, isPolicy, policyName } from './on-error.ts'
import { Outage } from './outage.ts'
import { PuttingOff } from './put-off.ts'
import { isRetryLater, type RetryLaterPolicy } from './retry-later.ts'
import { readRecord, undecodedRecord } from './source.ts'
import type { FailedAttempt, Verdict } from './verdict.ts'

export interface JudgeSetup {
  readonly pipeline: string
  readonly task: number
  readonly choose: ChoosePolicy
  /** Which of the policies gives up whole keys, where one does. */
  readonly closes?: DeadLetterKeyPolicy | undefined
  /** Whether records can wait in order. */
  readonly keepsOrder: boolean
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
  readonly #puttingOff: PuttingOff
  #isOut = false

  constructor(setup: JudgeSetup) {
    this.#o = setup
    this.#outage = new Outage(setup.outageAfter)
    this.#puttingOff = new PuttingOff(setup)
  }

  /** A record has succeeded that had failed so often before it came. */
  readonly succeeded = (attempts = 0): void => {
    if (attempts > 0) countIn(this.#o.counters.attempts, attemptsBounds, attempts + 1)
    this.#outage.succeeded()
    this.#isOut = false
  }

  readonly judge = (failed: FailedAttempt): Verdict => {
    const { reason } = failed
    const { counters, closes } = this.#o
    if (reason instanceof ParkingFull) return this.#halt(failed, 'halt')
    if (reason instanceof KeyGivenUp && closes !== undefined) return this.#bury(failed, closes)
    counters.failures += 1
    if (reason instanceof UncarriedRecord) return this.#end(failed)
    // left out, its state would be lost; what expires may make room, and another declaration read what is there
    if (reason instanceof StateStoreFull || reason instanceof StateUnreadable)
      return this.#halt(failed, 'halt, whatever onError says')
    const { policy, aside } = this.#choose(failed)
    if (policy === 'halt') return this.#halt(failed, aside ?? 'halt')
    const mayPass = !isRetryLater(policy) || this.#mayPass(failed, policy)
    if (typeof mayPass === 'string') return this.#halt(failed, mayPass)
    // that it will not pass tells it from an outage
    if (mayPass && this.#looksLikeOutage(failed)) return this.#pause(failed)
    if (isRetryLater(policy)) return this.#putOff(failed, policy, mayPass)
    if (policy !== 'skip') return this.#bury(failed, policy)
    counters.skipped += 1
    this.#tell(failed, 'skip', 'it is left out')
    return { _tag: 'done', outputs: [] }
  }

  /**
   * That one which was put off, or comes back from the dead letters, fails once more says little; but in an outage it is not
   * to use up its tries.
   */
  #looksLikeOutage({ source, raw, recordId, reason, history }: FailedAttempt): boolean {
    const isFirst = history.attempts === 0 && redrivenIn(raw.headers, source.topic) === 0
    return isFirst ? this.#outage.failed(raw.key, recordId, reason) : this.#outage.isThere
  }

  #putOff(failed: FailedAttempt, policy: RetryLaterPolicy, mayPass: boolean): Verdict {
    const tries = policy.tiers.length
    const at = failed.history.attempts
    const tier = policy.tiers[at]
    const unlisted = this.#unlisted(policy)
    if (unlisted !== undefined) return this.#halt(failed, `halt, since ${unlisted} is not listed beside the function`)
    if (tier === undefined || !mayPass) return this.#exhaust(failed, policy)
    const put = this.#puttingOff.to(tier, policy, failed)
    if (typeof put === 'string') return this.#halt(failed, `halt, since ${put}`)
    const told = (): void => {
      this.#o.counters.putOff += 1
      this.#tell(failed, 'retryLater', `it runs again in ${put.afterMs} ms (${at + 1} of ${tries})`, put.afterMs)
    }
    if (put.verdict._tag === 'parks') return { ...put.verdict, parked: told }
    told()
    return put.verdict
  }

  /** What `policy` goes by that this task has nothing for. */
  #unlisted({ ordered, exhausted }: RetryLaterPolicy): string | undefined {
    const { keepsOrder, closes } = this.#o
    if (ordered && !keepsOrder) return 'a policy with ordered: true'
    const isListed =
      exhausted === 'halt' || exhausted._tag === 'DeadLetter' || exhausted.topic.name === closes?.topic.name
    return isListed ? undefined : `deadLetterKey('${exhausted.topic.name}')`
  }

  /** Whether another try may help, as far as anybody knows; why that cannot be asked, where it is text. */
  #mayPass(failed: FailedAttempt, policy: RetryLaterPolicy): boolean | string {
    const { reason } = failed
    if (reason instanceof UnreadableRecord || reason instanceof UnknownOrigin) return false
    try {
      return policy.retryIf(reason, recordOf(failed))
    } catch (thrown) {
      return `halt, since retryIf itself threw: ${messageOf(thrown)}`
    }
  }

  #exhaust(failed: FailedAttempt, { exhausted, tiers }: RetryLaterPolicy): Verdict {
    if (exhausted !== 'halt') return this.#bury(failed, exhausted)
    const tried =
      failed.history.attempts >= tiers.length ? `it has failed ${tiers.length + 1} times` : 'no other try helps'
    return this.#halt(failed, `halt, since ${tried}`)
  }

  /** Nobody knows what else was lost in the way that this record was. */
  #end(failed: FailedAttempt): Verdict {
    this.#tell(failed, 'end', 'it ends the run, whatever onError says')
    return { _tag: 'ends' }
  }

  #choose(failed: FailedAttempt): { readonly policy: ErrorPolicy; readonly aside?: string } {
    try {
      const policy: unknown = this.#o.choose(failed.reason, recordOf(failed))
      if (isPolicy(policy)) return { policy }
      return { policy: 'halt', aside: `halt, since onError answered ${given(policy)}, which is no policy` }
    } catch (thrown) {
      return { policy: 'halt', aside: `halt, since onError itself threw: ${messageOf(thrown)}` }
    }
  }

  #halt(failed: FailedAttempt, policy: string): Verdict {
    const { failures, dueAtMs } = failed
    const { clock, random } = this.#o
    const afterMs = dueAtMs === undefined ? backOffMs(failures, random) : Math.max(0, dueAtMs - clock.now())
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

  #bury(failed: FailedAttempt, policy: DeadLetterPolicy | DeadLetterKeyPolicy): Verdict {
    const { topic } = policy
    const sink = this.#o.sinks.get(topic.name)
    if (sink === undefined)
      return this.#halt(failed, `halt, since topic '${topic.name}' is neither listed beside the function nor in uses`)
    const written = letterOf(this.#o.pipeline, failed)
    const letter = this.#letter(failed, policy, { written, sink })
    if (E.isLeft(letter)) return this.#halt(failed, letter.left)
    const buried = (): void => {
      countLetter(this.#o.counters, written.error.name)
      if (written.attempts > 0) countIn(this.#o.counters.attempts, attemptsBounds, written.attempts)
      this.#tell(failed, policyName({ _tag: 'DeadLetter', topic }), `it goes to '${topic.name}'`)
    }
    const outputs = [letter.right]
    if (policy._tag === 'DeadLetterKey' && !(failed.reason instanceof KeyGivenUp))
      return { _tag: 'closes', outputs, closed: buried }
    buried()
    return { _tag: 'done', outputs }
  }

  #letter(
    failed: FailedAttempt,
    { topic }: DeadLetterPolicy | DeadLetterKeyPolicy,
    { written, sink }: { readonly written: DeadLetter; readonly sink: Sink },
  ): E.Either<string, EncodedOutput> {
    const { key } = failed.raw
    const bytes = topic.value.encode(written)
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

const recordOf = ({ source, raw }: FailedAttempt): AnyRecord => {
  const read = readRecord(source, raw, undefined)
  return read instanceof UnreadableRecord ? undecodedRecord(source, raw) : read
}

const letterOf = (pipeline: string, { source, raw, reason, history }: FailedAttempt): DeadLetter => {
  const { offset, timestamp, key, value, headers } = raw
  const record = { topic: source.topic, partition: source.partition, offset, timestamp, key, value, headers }
  const error =
    reason instanceof UnreadableRecord ? { _tag: 'DecodeError', codec: reason.codec, report: reason.report } : reason
  const { attempts, firstFailedAtMs: firstFailedAt } = history
  const wasRun = !(reason instanceof KeyGivenUp || reason instanceof UnknownOrigin)
  const tried = wasRun ? attempts + 1 : attempts
  return deadLetterOf({ pipeline, record, error, attempts: tried, firstFailedAt })
}

const messageOf = (thrown: unknown): string => {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  } catch {
    return 'something that cannot be printed'
  }
}
