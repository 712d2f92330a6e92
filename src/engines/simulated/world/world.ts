import type { Clock } from '../../../contracts/clock.ts'
import type { Random } from '../../../contracts/random.ts'
import { Choices, type ChoiceTape } from './choices.ts'
import { EventQueue, type Scheduled } from './event-queue.ts'
import { Process, type ProcessKind } from './process.ts'
import { RandomStreams } from './random-streams.ts'
import { Trace, type TraceEntry, type TraceSubject } from './trace.ts'

export interface WorldOptions {
  /** Of everything that is drawn. */
  readonly seed: number
  /** Plays these choices back instead of drawing them. */
  readonly tape?: ChoiceTape
  /** Keeps the entries of the trace, for somebody to read. */
  readonly keepTrace?: boolean
  /** Waits until all that a user's code can do by itself is done: every promise that can go on has gone on. */
  readonly settle: () => Promise<void>
}

/** Why a run of the world has come to an end. `idle`: nothing is left to happen. */
export type WorldEnd = 'done' | 'idle' | 'out of time' | 'out of steps'

export interface RunLimits {
  /** Virtual milliseconds from now. */
  readonly forMs: number
  readonly steps: number
}

/** The wall clock at a world's beginning: 2026-01-01T00:00:00Z. */
export const beginningMs = 1_767_225_600_000

/** How late a timer may ring, of a loaded machine: by choice. */
const timerLatenessMs = [0, 1, 5, 20, 100] as const

/**
 * A world of processes on virtual time, in which one scheduler decides everything that could go either way.
 *
 * **Guarantees** one thing happens at a time, in the order of virtual time, and for one seed or tape always the same.
 * No clock, timer, randomness or I/O of the machine takes part.
 */
export class World {
  readonly choices: Choices
  readonly trace: Trace
  readonly #random: RandomStreams
  readonly #settle: () => Promise<void>
  readonly #queue = new EventQueue()
  readonly #watchers: (() => void)[] = []
  #now = 0
  #sequence = 0
  #processes = 0
  #enteredUsersCode = false
  /** How likely a timer is late: a fault sets it. */
  timerLateness = 0

  constructor({ seed, tape, keepTrace = false, settle }: WorldOptions) {
    this.#random = new RandomStreams(seed)
    this.choices = tape === undefined ? Choices.drawn(this.#random) : Choices.played(tape)
    this.trace = new Trace(keepTrace)
    this.#settle = settle
  }

  /** Virtual milliseconds since the beginning; with fractions. */
  get now(): number {
    return this.#now
  }

  /** The true time, as no process knows it for certain: whole milliseconds since the epoch. */
  get wallMs(): number {
    return beginningMs + Math.floor(this.#now)
  }

  /** Randomness that is not the adversary's: ids, back-offs. */
  random(name: string): Random {
    return this.#random.stream(name)
  }

  spawn(name: string, kind: ProcessKind): Process {
    return new Process(name, kind, this.#processes++)
  }

  /** Something of `process` happens in `delayMs`, unless it is cancelled or the process dead by then. */
  after(process: Process, delayMs: number, what: string, run: () => void): () => void {
    const event: Scheduled = {
      at: this.#now + Math.max(0, delayMs),
      sequence: this.#sequence++,
      run: () => this.#enter(process, what, run),
      cancelled: false,
    }
    this.#queue.push(event)
    return () => {
      event.cancelled = true
    }
  }

  /** A clock as `process` sees it. Its wall clock is off by what `skew` says at the time. */
  clockOf(process: Process, skew: () => number = () => 0): Clock {
    return {
      now: () => beginningMs + Math.floor(this.#now + skew()),
      elapsed: () => this.#now,
      after: (delayMs, ring) => {
        const late = timerLatenessMs[this.choices.pick('lateness', timerLatenessMs.length, this.timerLateness)] ?? 0
        return this.after(process, delayMs + late, 'timer', ring)
      },
    }
  }

  pause(process: Process): void {
    process.pause()
  }

  resume(process: Process): void {
    for (const work of process.resume()) this.after(process, 0, 'catches up', work)
  }

  /** A line for people, and nothing but a step where nobody reads. */
  tell(process: Process, what: () => string, about: TraceSubject = 'process'): void {
    if (this.trace.keeps) this.keep({ _tag: 'happened', at: this.#now, process: process.name, about, what: what() })
  }

  keep(entry: TraceEntry): void {
    this.trace.keep(entry)
  }

  /** Calls `look` after every step. What it throws ends the run. */
  watch(look: () => void): void {
    this.#watchers.push(look)
  }

  /** Takes the next step. Answers false where there is none. */
  step(): boolean {
    const event = this.#queue.pop()
    if (event === undefined) return false
    this.#now = Math.max(this.#now, event.at)
    event.run()
    for (const look of this.#watchers) look()
    return true
  }

  /**
   * Goes on until `isDone`, asked after each step and after what a user's code made of it.
   *
   * **Errors** rejects with what a step or a watcher throws.
   */
  async run(isDone: () => boolean, { forMs, steps }: RunLimits): Promise<WorldEnd> {
    const endMs = this.#now + forMs
    await this.#settle()
    for (let left = steps; left > 0; left--) {
      if (isDone()) return 'done'
      const next = this.#queue.peek()
      if (next === undefined) return 'idle'
      if (next.at > endMs) {
        this.#now = endMs
        return 'out of time'
      }
      this.step()
      if (!this.#enteredUsersCode) continue
      this.#enteredUsersCode = false
      await this.#settle()
    }
    return isDone() ? 'done' : 'out of steps'
  }

  #enter(process: Process, what: string, run: () => void): void {
    if (!process.enter(run)) return
    this.trace.step(what, process.number, this.#now)
    if (process.kind === 'client') this.#enteredUsersCode = true
  }
}
