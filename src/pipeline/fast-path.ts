import { NEVER, type Subscriber } from 'rxjs'
import { Probe } from '../contracts/probe.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import { Attempt } from './attempt.ts'
import { UnreadableRecord } from './attempt-errors.ts'
import { chain, fed, type Operators } from './chain.ts'
import type { Feed } from './feed.ts'
import type { Gather } from './gather.ts'
import { Hands, isLying, type Skim } from './skim.ts'
import { type RawRecord, readRecord, type Source } from './source.ts'
import { StepByStep } from './step-by-step.ts'

/** How far one subscription came. */
export interface Slice {
  readonly source: Source
  /** Records that are done; their outputs are in the gather. */
  readonly records: number
  /** Where the partition stands after them. */
  readonly nextOffset: number
  /** The record that ended it. Nothing of that one is in the gather. */
  readonly failed?: { readonly raw: RawRecord; readonly error: unknown }
  /** An operator that does not keep to its tag: nothing is done, and the feed stands where it stood before. */
  readonly untagged?: string
}

/** The operators of a pipeline, and whether each has said what it does to a record. */
export interface Chained {
  readonly operators: Operators
  readonly stepwise: boolean
  readonly skim?: Skim | undefined
}

export interface SliceLimits {
  readonly maxRecords: number
  /** Looked at every few records. */
  readonly isSpent: () => boolean
  readonly isFull: () => boolean
}

/** How often the clock is looked at: reading it costs a sixth of a record. */
const recordsPerLook = 8

/**
 * Runs the records at hand through one subscription, for operators that treat each record alone and at once. Ends at
 * the chunk's end, at a limit, or at the record that fails.
 *
 * That they are as their tags say shows at the end: a chain that completes before its source does, or does not complete
 * with it, has kept something from one record to another. Then everything is taken back.
 *
 * Throws what the feed throws where it cannot be read; then too everything is taken back.
 */
export const runSlice = (chained: Chained, feed: Feed, gather: Gather, limits: SliceLimits): Slice => {
  const { source } = feed.chunk
  const start = feed.mark()
  const end = new SliceEnd()
  const hands = chained.skim === undefined ? undefined : new Hands(gather)
  let nextOffset = start
  let records = 0
  const takeBack = (untagged: string): Slice => {
    gather.dropAll()
    feed.rewind(start)
    return { source, records: 0, nextOffset: start, untagged }
  }
  try {
    const input = subscribe(chained, end)
    if (input === undefined || end.isOver) return takeBack('does not subscribe to its source at once')
    while (feed.next() === 'record') {
      const raw = feed.record
      if (hands === undefined || !isLying(raw) || chained.skim?.(source, raw, hands) !== true) {
        const attempt = new Attempt(gather, source, raw)
        gather.begin(attempt)
        const record = readRecord(source, raw, attempt)
        if (record instanceof UnreadableRecord) end.fail(record)
        else input.next(record)
        if (gather.refused !== undefined) end.fail(gather.refused)
        if (end.hasFailed) {
          gather.drop()
          if (!end.isOver && !end.completes(input)) return takeBack('does not complete with its source')
          return { source, records, nextOffset, failed: { raw, error: end.reason } }
        }
        if (end.isOver || input.closed) return takeBack('completes before its source does')
        gather.keep()
      }
      nextOffset = feed.standing
      records += 1
      if (records >= limits.maxRecords || limits.isFull()) break
      if (records % recordsPerLook === 0 && limits.isSpent()) break
    }
    if (!end.completes(input)) return takeBack('does not complete with its source')
    return { source, records, nextOffset }
  } catch (error) {
    gather.dropAll()
    throw error
  }
}

/** What the records of a slice are handed to. */
type Input = Pick<Subscriber<AnyRecord>, 'next' | 'complete' | 'closed'>

const subscribe = ({ operators, stepwise }: Chained, end: SliceEnd): Input | undefined => {
  let input: Subscriber<AnyRecord> | undefined
  const source = fed((subscriber) => {
    input = subscriber
  })
  try {
    // anew for each slice, as a chain is: an operator may have something that it begins with
    const steps = stepwise
      ? Probe.apply<AnyRecord, unknown>(NEVER, (probed) => chain(operators, probed)).steps
      : undefined
    if (steps !== undefined) return new StepByStep(steps, end)
    end.subscription = chain(operators, source).subscribe(end)
  } catch {
    return undefined // thrown while an operator was applied: each record is to meet it alone
  }
  return input
}

/** What comes out at the end of a slice's chain. The values go nowhere: what is to be kept was written on the way. */
class SliceEnd {
  /** Whether the chain has ended: by itself, or with its source. */
  isOver = false
  hasFailed = false
  reason: unknown
  subscription: { readonly unsubscribe: () => void } | undefined

  readonly next = (): void => undefined

  readonly error = (reason: unknown): void => {
    this.isOver = true
    this.fail(reason)
  }

  readonly complete = (): void => {
    this.isOver = true
  }

  fail(reason: unknown): void {
    if (this.hasFailed) return
    this.hasFailed = true
    this.reason = reason
  }

  /** Ends the source, and answers whether the chain has ended with it. */
  completes(input: Input): boolean {
    input.complete()
    this.subscription?.unsubscribe()
    return this.isOver
  }
}
