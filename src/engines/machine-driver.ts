/** A machine of `src/protocol` whose effects take their time, and that waits for the time itself. */
export interface DrivenMachine<State, Command, Effect> {
  readonly initial: State
  readonly step: (state: State, command: Command) => readonly [State, readonly Effect[]]
  readonly perform: (effect: Effect) => void
  /** When it has to hear that the time has come; Infinity while it waits for nothing. */
  readonly deadline: (state: State) => number
  /** What it is told then. */
  readonly tick: () => NoInfer<Command>
  /** Calls `ring` at `at`, by the clock that the machine is told; the answer takes it back. */
  readonly wakeAt: (at: number, ring: () => void) => () => void
}

/** Drives one machine: its commands in turn, its effects, its time. */
export class MachineDriver<State, Command, Effect> {
  readonly #machine: DrivenMachine<State, Command, Effect>
  #state: State
  readonly #commands: Command[] = []
  #isRunning = false
  #isStopped = false
  #stopTimer: (() => void) | undefined

  constructor(machine: DrivenMachine<State, Command, Effect>) {
    this.#machine = machine
    this.#state = machine.initial
  }

  get state(): State {
    return this.#state
  }

  /** Commands take turns: what one brings about may come while its effects are still being performed. */
  do(command: Command): void {
    this.#commands.push(command)
    if (this.#isRunning) return
    this.#isRunning = true
    const { step, perform } = this.#machine
    for (let next = this.#commands.shift(); next !== undefined; next = this.#commands.shift()) {
      const [state, effects] = step(this.#state, next)
      this.#state = state
      for (const effect of effects) perform(effect)
    }
    this.#isRunning = false
    this.#arm()
  }

  /** The time is watched no more. */
  stop(): void {
    this.#isStopped = true
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  #arm(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    const { deadline, wakeAt, tick } = this.#machine
    const at = deadline(this.#state)
    if (this.#isStopped || at === Number.POSITIVE_INFINITY) return
    this.#stopTimer = wakeAt(at, () => this.do(tick()))
  }
}
