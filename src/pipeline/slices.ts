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

  /** Whether the next records run in one. */
  get isNext(): boolean {
    return this.#isTrusted && this.#entrance.isClear
  }

  /** One subscription over what is at hand; false where nothing can enter now. */
  run(): boolean {
    const { setup, feed, window, done } = this.#parts
    const maxRecords = this.#entrance.allowanceAtOnce()
    if (maxRecords < 1) return false
    const { stages, stepwise, skim } = setup.plan
    const { operators } = stages[0] as Stage
    this.#gather.writeTo(done.outputs)
    const slice = runSlice({ operators, stepwise, skim }, feed, this.#gather, { ...this.#limits, maxRecords })
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
      const entry = window.enter(slice.source, slice.failed.raw, feed.standing)
      entry.fail(slice.failed.error)
      this.#outcomes.judge(entry)
    } else this.#parts.leaveChunk()
    return true
  }
}

const untagged = (pipeline: string, what: string): string =>
  `pipeline '${pipeline}': an operator is tagged as working record by record and ${what}: it is run with a chain a record ` +
  'from now on. Take recordwise(…) off it, or wrap the asynchronous part in an operator without the tag'
