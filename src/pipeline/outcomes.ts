import { OrderUnknown, ParkingFull } from './attempt-errors.ts'
import type { EncodedOutput } from './encoded-output.ts'
import type { Entry } from './entry.ts'
import type { Parking, Readiness } from './parking.ts'
import type { TaskParts } from './task-parts.ts'
import type { Parks } from './verdict.ts'

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
    hooks.succeeded(entry.history.attempts)
    this.#decided(entry)
  }

  /** It is the turn of `entry`, which has its lane: whether it runs. Otherwise it was decided about. */
  begins(entry: Entry): boolean {
    const ready = this.#readiness(entry)
    if (ready === 'runs') return true
    if (ready === 'done') this.#settle(entry)
    // the token stays where it is: whoever keeps order goes by it
    else if (ready instanceof OrderUnknown) this.#parts.setup.hooks.broken(ready)
    else this.#fails(entry, ready)
    return false
  }

  /** The bulk work behind a stage of `entry` has ended. */
  endedInBulk(entry: Entry): void {
    if (entry.hasFailed) return this.judge(entry)
    const { lanes, ready } = this.#parts
    entry.stage += 1
    entry.state = 'waiting'
    if (lanes.enter(entry, (later) => ready.take(later))) ready.insert(entry)
  }

  /** Drops what a failed attempt wrote, and does with its record what is decided; `dueAtMs` where its next try is due then. */
  judge(entry: Entry, dueAtMs?: number): void {
    const { setup, retries } = this.#parts
    const reason = entry.reason
    // what it settled before, as another record, stands
    entry.gather?.drop()
    if (entry.gather?.isEmpty === true) entry.gather = undefined
    entry.attempt?.giveUp(reason)
    entry.failures += 1
    retries.end(entry)
    const { source, failures, id, history } = entry
    const verdict = setup.hooks.judge({ source, raw: entry, recordId: id, reason, failures, history, dueAtMs })
    switch (verdict._tag) {
      case 'ends':
        return setup.hooks.broken(reason)
      case 'again':
        // the first lane it keeps; to one behind bulk work an earlier record of its key may still come
        if (entry.lane > 0) this.#leaveLane(entry, entry.lane)
        return retries.add(entry, setup.clock.elapsed() + Math.min(verdict.afterMs, this.#roomInMs(entry, reason)))
      case 'parks':
        return this.#park(entry, verdict)
      case 'closes': {
        const full = this.#parts.parking?.close(entry)
        if (full !== undefined) return this.#fails(entry, full)
        verdict.closed()
        return this.#replace(entry, verdict.outputs)
      }
      case 'done':
        return this.#replace(entry, verdict.outputs)
    }
  }

  #readiness(entry: Entry): Readiness {
    const { returns, parking, setup } = this.#parts
    const { token } = entry
    if (parking === undefined && token !== undefined) return new OrderUnknown(setup.plan.name, token.head)
    const ready = parking?.turn(entry) ?? 'runs'
    return ready === 'runs' ? (returns?.fault(entry) ?? ready) : ready
  }

  /** It has failed before it could run. */
  #fails(entry: Entry, error: Error, dueAtMs?: number): void {
    entry.hasFailed = false
    entry.fail(error)
    this.judge(entry, dueAtMs)
  }

  #roomInMs(entry: Entry, reason: unknown): number {
    const { parking } = this.#parts
    return parking !== undefined && reason instanceof ParkingFull ? parking.waitMs(entry) : Number.POSITIVE_INFINITY
  }

  #park(entry: Entry, verdict: Parks): void {
    // who judges knows whether records can wait in order
    const parked = (this.#parts.parking as Parking).park(entry, verdict)
    if (parked instanceof Error) return this.#fails(entry, parked, verdict.dueAtMs)
    verdict.parked()
    if (parked === 'done') this.#settle(entry)
    else this.#goOn(entry)
  }

  /** `outputs` take the place of what the record would have written. */
  #replace(entry: Entry, outputs: readonly EncodedOutput[]): void {
    if (outputs.length > 0) {
      const gather = (entry.gather ??= this.#parts.gather())
      for (const output of outputs) gather.addInstead(output)
    }
    this.#decided(entry)
  }

  /** The record that `entry` is has been decided about. */
  #decided(entry: Entry): void {
    if (entry.isAtHead && this.#parts.parking?.settled(entry) === true) this.#goOn(entry)
    else this.#settle(entry)
  }

  /** It keeps its lane, and has another turn. */
  #goOn(entry: Entry): void {
    entry.state = 'waiting'
    entry.stage = 0
    entry.attempt = undefined
    entry.hasFailed = false
    entry.reason = undefined
    entry.isNamedSlow = false
    this.#parts.retries.end(entry)
    this.#parts.ready.insert(entry)
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
