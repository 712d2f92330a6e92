import type { Entry } from './entry.ts'
import type { TaskParts } from './task-parts.ts'

/** Which records may go on: all; those that were offered; or those that have entered. */
export type Admits = 'all' | 'offered' | 'none'

/** Decides which record of a task runs next, within its bounds. */
export class Entrance {
  admits: Admits = 'all'
  readonly #parts: TaskParts

  constructor(parts: TaskParts) {
    this.#parts = parts
  }

  /** Whether there is something to run as it comes, and nothing before it that has entered by itself. */
  get isClear(): boolean {
    const { window, feed, parking, returns } = this.#parts
    if (!window.isEmpty || feed.isEmpty || this.admits === 'none') return false
    return parking?.isEmpty !== false && returns?.isReturn(feed.chunk.source) !== true
  }

  /** The next record to run, where `running` are at work; `undefined` where there is none, or none may. */
  next(running: number): Entry | undefined {
    const { setup, retries, ready, done, window } = this.#parts
    if (retries.underWay !== undefined) return this.#again(retries.underWay, running)
    if (retries.first !== undefined) return this.#retry(retries.first)
    if (running >= setup.limits.concurrency) return undefined
    if (done.isOverBound) {
      if (done.makesRoom) return undefined
      const { head } = window
      if (head !== undefined) return ready.take(head)
    }
    if (this.admits === 'none') return ready.take(ready.find((entry) => entry.stage > 0 || entry.settled > 0))
    return ready.shift() ?? this.#pull()
  }

  /**
   * What runs again does so alone. Where it waits for bulk work, or behind that for its lane, it waits for those before it:
   * these go on.
   */
  #again(underWay: Entry, running: number): Entry | undefined {
    const { setup, retries, ready } = this.#parts
    const itself = ready.take(underWay)
    if (itself !== undefined || underWay.state === 'running' || this.admits === 'none') return itself
    if (running >= setup.limits.concurrency) return undefined
    const isBefore = ({ sequence }: Entry): boolean => sequence < underWay.sequence
    const { first } = retries
    return first !== undefined && isBefore(first) ? this.#retry(first) : ready.take(ready.find(isBefore))
  }

  /** How many records may enter now, as far as the rate goes. Comes back by itself where there are none. */
  allowance(): number {
    const { alarm, setup } = this.#parts
    const { rate } = setup
    if (rate === undefined) return Number.POSITIVE_INFINITY
    const allowed = rate.allowed()
    if (allowed < 1) alarm.setIn(rate.waitMs())
    return allowed
  }

  /** The same for records that do not enter by themselves: none before a commit has made room, where one can. */
  allowanceAtOnce(): number {
    const { done } = this.#parts
    return done.isOverBound && done.makesRoom ? 0 : this.allowance()
  }

  /** The first that failed, once it is due: only it runs again. */
  #retry(first: Entry): Entry | undefined {
    const { setup, retries, alarm } = this.#parts
    if (this.admits === 'none') return undefined
    const now = setup.breath.nowMs
    if (now >= first.dueAtMs) return retries.begin()
    alarm.setIn(first.dueAtMs - now)
    return undefined
  }

  /** Reads on until there is a record whose key is free. */
  #pull(): Entry | undefined {
    const parts = this.#parts
    const { feed, window, lanes, returns, setup } = parts
    while (!window.isFull && !feed.isEmpty) {
      if (this.allowance() < 1) return undefined
      const { source, nextOffset } = feed.chunk
      if (feed.next() === 'record') {
        setup.rate?.spend(1)
        const entry = window.enter(source, feed.record, feed.standing)
        if (returns?.isReturn(source) === true) returns.arrived(entry)
        if (lanes.enter(entry)) return entry
      } else {
        window.pass(source, nextOffset)
        feed.leave()
      }
    }
    parts.settle()
    return undefined
  }
}
