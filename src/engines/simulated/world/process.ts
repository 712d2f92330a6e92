/** What a process is: only clients run a user's code. */
export type ProcessKind = 'broker' | 'controller' | 'client'

/** Thrown by a process that ends in the middle of what it does. */
export class Halted extends Error {
  override readonly name = 'Halted'
}

/**
 * A life of a process: what restarts is another one under the same name. Messages, timers and everything else that is
 * to happen belongs to a life, and ends with it.
 */
export class Process {
  readonly name: string
  readonly kind: ProcessKind
  /** In the order of their beginnings. */
  readonly number: number
  #isAlive = true
  /** What came while it stood still, in order. */
  #heldBack: (() => void)[] | undefined
  readonly #endings: (() => void)[] = []
  /** Runs everything of it in a surrounding of its own: a user's code, which has to see the world's time. */
  around: ((work: () => void) => void) | undefined

  constructor(name: string, kind: ProcessKind, number: number) {
    this.name = name
    this.kind = kind
    this.number = number
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get isPaused(): boolean {
    return this.#heldBack !== undefined
  }

  /** Runs `work` now, when it goes on, or never. Answers whether it ran. */
  enter(work: () => void): boolean {
    if (!this.#isAlive) return false
    if (this.#heldBack !== undefined) {
      this.#heldBack.push(work)
      return false
    }
    try {
      if (this.around === undefined) work()
      else this.around(work)
    } catch (thrown) {
      if (this.#isAlive || !(thrown instanceof Halted)) throw thrown
    }
    return true
  }

  /** It stands still, as under SIGSTOP or a long garbage collection: nothing of it happens until {@link resume}. */
  pause(): void {
    if (this.#isAlive) this.#heldBack ??= []
  }

  /** Answers what it has to catch up with, in order. */
  resume(): readonly (() => void)[] {
    const heldBack = this.#heldBack ?? []
    this.#heldBack = undefined
    return this.#isAlive ? heldBack : []
  }

  /** SIGKILL. */
  kill(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#heldBack = undefined
    for (const ended of this.#endings.splice(0)) ended()
  }

  /** Calls `ended` when it dies; others learn of it by what the network tells them. */
  onEnd(ended: () => void): void {
    if (this.#isAlive) this.#endings.push(ended)
  }
}
