import type { Entrance } from './entrance.ts'
import { runSlice, type SliceLimits } from './fast-path.ts'
import { Gather } from './gather.ts'
import type { Outcomes } from './outcomes.ts'
import type { Stage } from './plan.ts'
import type { TaskParts } from './task-parts.ts'

/** The fast path of a task, for as long as its operators keep to their tags. */
export class Slices {
  readonly #parts: TaskParts
  readonly #entrance: Entrance
  readonly #outcomes: Outcomes
  readonly #gather: Gather
  readonly #limits: Omit<SliceLimits, 'maxRecords'>
  #isTrusted: boolean

  constructor(parts: TaskParts, entrance: Entrance, outcomes: Outcomes) {
    this.#parts = parts
    this.#entrance = entrance
    this.#outcomes = outcomes
    this.#gather = new Gather(parts.gathering)
    this.#isTrusted = parts.setup.plan.recordwise
    const { breath } = parts.setup
    this.#limits = { isSpent: () => breath.isSpent, isFull: () => parts.done.isOverBound }
  }

  /** Whether records run in slices. */
  get isTrusted(): boolean {
    return this.#isTrusted
  }

  /** Whether there is something to run, and nothing before it that has entered by itself. */
  get isNext(): boolean {
    const { window, feed } = this.#parts
    return this.#isTrusted && window.isEmpty && !feed.isEmpty && this.#entrance.admits !== 'none'
  }

  /** One subscription over what is at hand; false where nothing can enter now. */
  run(): boolean {
    const { setup, feed, window, done } = this.#parts
    if (done.isOverBound && done.makesRoom) return false
    const maxRecords = this.#entrance.allowance()
    if (maxRecords === 0) return false
    const { stages, stepwise } = setup.plan
    const { operators } = stages[0] as Stage
    this.#gather.writeTo(done.outputs)
    const slice = runSlice({ operators, stepwise }, feed, this.#gather, { ...this.#limits, maxRecords })
    if (slice.untagged !== undefined) {
      this.#isTrusted = false
      setup.hooks.notice({ _tag: 'untagged', message: untagged(setup.plan.name, slice.untagged) })
      return true
    }
    setup.rate?.spend(slice.records)
    if (slice.records > 0) {
      done.add(this.#gather, slice.source, slice.nextOffset, slice.records)
      setup.hooks.succeeded()
    }
    if (slice.failed !== undefined) {
      setup.rate?.spend(1)
      const entry = window.enter(slice.source, slice.failed.raw)
      entry.fail(slice.failed.error)
      this.#outcomes.judge(entry)
    } else if (feed.isAtEnd) {
      done.add(undefined, slice.source, feed.chunk.nextOffset, 0)
      feed.leave()
    }
    return true
  }
}

const untagged = (pipeline: string, what: string): string =>
  `pipeline '${pipeline}': an operator is tagged as working record by record and ${what}: it is run with a chain a record ` +
  'from now on. Take recordwise(…) off it, or wrap the asynchronous part in an operator without the tag'
