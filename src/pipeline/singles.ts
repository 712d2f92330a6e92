import type { Attempt } from './attempt.ts'
import type { Operators } from './chain.ts'
import type { Entrance } from './entrance.ts'
import type { Entry } from './entry.ts'
import type { Gather } from './gather.ts'
import { giveUp } from './give-up.ts'
import type { Outcomes } from './outcomes.ts'
import type { Stage } from './plan.ts'
import { goesOn } from './run-stage.ts'
import { type LastOfSeries, runSeries, type SeriesLimits } from './series.ts'
import type { Source } from './source.ts'
import type { TaskParts } from './task-parts.ts'

/** Who is told of a record that takes its time. */
export interface TakesTime {
  readonly began: (entry: Entry) => void
  readonly ended: (entry: Entry) => void
}

/**
 * The slow path of a task while no record is under way. A record that ends where it was subscribed needs nothing of what
 * is there for records that wait for one another: a place in the window, a lane, a gather of its own. The first that does
 * not gets these, with what it has written so far, and goes on.
 */
export class Singles {
  readonly #parts: TaskParts
  readonly #entrance: Entrance
  readonly #outcomes: Outcomes
  readonly #takesTime: TakesTime
  #gather: Gather
  readonly #limits: Omit<SeriesLimits, 'maxRecords'>
  /** None where bulk work follows, for which all records wait. */
  readonly #operators: Operators | undefined
  #givenUp: Error | undefined

  constructor(parts: TaskParts, entrance: Entrance, outcomes: Outcomes, takesTime: TakesTime) {
    this.#parts = parts
    this.#entrance = entrance
    this.#outcomes = outcomes
    this.#takesTime = takesTime
    this.#gather = parts.gather()
    const { breath, plan } = parts.setup
    this.#limits = {
      isSpent: () => breath.isSpent,
      isOver: () => parts.done.isOverBound || entrance.admits === 'none',
    }
    this.#operators = plan.stages.length === 1 ? (plan.stages[0] as Stage).operators : undefined
  }

  /** Whether the next records run here. */
  get isNext(): boolean {
    return this.#operators !== undefined && this.#entrance.isClear
  }

  /**
   * Runs the records at hand; false where nothing can enter now.
   *
   * Throws what the feed throws where it cannot be read; what was done before that is done.
   */
  run(): boolean {
    const { setup, feed, done } = this.#parts
    const maxRecords = this.#entrance.allowanceAtOnce()
    if (maxRecords < 1) return false
    const { source } = feed.chunk
    const limits = { ...this.#limits, maxRecords }
    const { records, last } = runSeries(this.#operators as Operators, feed, this.#gather, done, limits)
    setup.rate?.spend(last === undefined ? records : records + 1)
    if (records > 0) setup.hooks.succeeded()
    if (last !== undefined) this.#enter(source, last)
    else this.#parts.leaveChunk()
    return true
  }

  /** Gives up the attempt that is at work, from within one of its operators. */
  giveUp(reason: Error): void {
    this.#givenUp = reason
    const attempt = this.#gather.open as Attempt | undefined
    if (attempt === undefined) return
    this.#gather.drop()
    attempt.giveUp(reason)
  }

  /** What ended a series enters by itself, with what it has written; it is judged where it failed, and goes on otherwise. */
  #enter(source: Source, { raw, attempt, end, subscription }: LastOfSeries): void {
    const { setup, feed, window, lanes } = this.#parts
    const entry = window.enter(source, raw, feed.standing)
    entry.attempt = attempt
    entry.subscription = subscription
    if (end.hasFailed) entry.fail(end.reason)
    if (subscription === undefined) {
      this.#gather.drop()
      if (entry.hasFailed) this.#outcomes.judge(entry)
    } else if (this.#givenUp !== undefined) giveUp(setup, entry, this.#givenUp)
    else {
      attempt.enteredAs(entry)
      this.#gather.writeApart()
      entry.gather = this.#gather
      this.#gather = this.#parts.gather()
      lanes.enter(entry)
      this.#takesTime.began(entry)
      goesOn(entry, end, subscription, this.#takesTime.ended)
    }
  }
}
