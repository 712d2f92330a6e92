import type { Entry } from './entry.ts'
import { Gather } from './gather.ts'
import type { TaskParts } from './task-parts.ts'

/** What becomes of a record when a stage of it has ended, well or not. */
export class Outcomes {
  readonly #parts: TaskParts

  constructor(parts: TaskParts) {
    this.#parts = parts
  }

  /** The operators of a stage of `entry` have ended. */
  ended(entry: Entry): void {
    const { plan, hooks } = this.#parts.setup
    const { gather } = entry
    entry.subscription = undefined
    if (gather?.refused !== undefined) entry.fail(gather.refused)
    if (entry.hasFailed) return this.judge(entry)
    if (plan.stages[entry.stage]?.work !== undefined) {
      entry.state = 'gathered'
      this.#leaveLane(entry, entry.stage)
      return
    }
    gather?.keep()
    this.#settle(entry)
    hooks.succeeded()
  }

  /** The bulk work behind a stage of `entry` has ended. */
  endedInBulk(entry: Entry): void {
    if (entry.hasFailed) return this.judge(entry)
    const { lanes, ready } = this.#parts
    entry.stage += 1
    entry.state = 'waiting'
    if (lanes.enter(entry)) ready.insert(entry)
  }

  /** Drops what a failed attempt wrote, and does with its record what is decided. */
  judge(entry: Entry): void {
    const { setup, retries, gathering } = this.#parts
    const reason = entry.reason
    entry.gather?.dropAll()
    entry.gather = undefined
    entry.attempt?.giveUp(reason)
    entry.failures += 1
    retries.end(entry)
    const { source, failures, id } = entry
    const verdict = setup.hooks.judge({ source, raw: entry, recordId: id, reason, failures })
    if (verdict._tag === 'ends') return setup.hooks.broken(reason)
    if (verdict._tag === 'again') return retries.add(entry, setup.clock.elapsed() + verdict.afterMs)
    if (verdict.outputs.length > 0) {
      const gather = new Gather(gathering)
      for (const output of verdict.outputs) gather.addInstead(output)
      entry.gather = gather
    }
    this.#settle(entry)
  }

  #settle(entry: Entry): void {
    entry.state = 'done'
    entry.attempt = undefined
    entry.passed = undefined
    this.#parts.retries.end(entry)
    this.#leaveLane(entry, entry.lane)
  }

  #leaveLane(entry: Entry, stage: number): void {
    const { lanes, ready } = this.#parts
    const next = lanes.leave(entry, stage)
    if (next !== undefined) ready.insert(next)
  }
}
