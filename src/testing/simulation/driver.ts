import type { World, WorldEnd } from '../../engines/simulated/world/world.ts'

/** Something did not happen within its virtual time. */
export class NotInTime extends Error {
  readonly _tag = 'NotInTime'
  override readonly name = 'NotInTime'
}

interface Waiting {
  readonly untilMs: number
  /** Set once what it waits for is settled. */
  goOn: (() => void) | undefined
  readonly giveUp: (why: unknown) => void
  readonly late: () => NotInTime
}

export interface Within {
  readonly forMs: number
  /** What is waited for, as `records were not sent`; asked when it is late. */
  readonly otherwise: () => string
}

const stepsMax = 2_000_000

/**
 * Lets a world go on while somebody waits for something of it, and stand still otherwise.
 *
 * **Guarantees** whoever has waited goes on before the world does. Several may wait at once.
 */
export class Driver {
  readonly #world: World
  readonly #settle: () => Promise<void>
  readonly #waiting = new Set<Waiting>()
  #isGoing = false

  constructor(world: World, settle: () => Promise<void>) {
    this.#world = world
    this.#settle = settle
  }

  /**
   * Answers what `work` does.
   *
   * **Errors** rejects as `work` does, with {@link NotInTime} where it takes longer than it may, and with what a step of
   * the world throws.
   */
  drive<A>(work: PromiseLike<A>, { forMs, otherwise }: Within): Promise<A> {
    return new Promise((resolve, reject) => {
      const late = () => new NotInTime(`${otherwise()} within ${Math.round(forMs) / 1000} virtual seconds`)
      const waiting: Waiting = { untilMs: this.#world.now + forMs, goOn: undefined, giveUp: reject, late }
      work.then(
        (done) => {
          waiting.goOn = () => resolve(done)
        },
        (error: unknown) => {
          waiting.goOn = () => reject(error)
        },
      )
      this.#waiting.add(waiting)
      if (this.#isGoing) return
      this.#isGoing = true
      void this.#go()
    })
  }

  async #go(): Promise<void> {
    while (this.#waiting.size > 0) {
      const end = await this.#until(Math.min(...Array.from(this.#waiting, ({ untilMs }) => untilMs)))
      for (const waiting of [...this.#waiting]) {
        const { goOn, giveUp, late, untilMs } = waiting
        if (goOn !== undefined) goOn()
        else if (typeof end !== 'string') giveUp(end.error)
        else if (end === 'idle' || end === 'out of steps' || untilMs <= this.#world.now) giveUp(late())
        else continue
        this.#waiting.delete(waiting)
      }
      await this.#settle()
    }
    this.#isGoing = false
  }

  async #until(ms: number): Promise<WorldEnd | { readonly error: unknown }> {
    const isDone = () => {
      for (const { goOn } of this.#waiting) if (goOn !== undefined) return true
      return false
    }
    try {
      return await this.#world.run(isDone, { forMs: Math.max(0, ms - this.#world.now), steps: stepsMax })
    } catch (error) {
      return { error }
    }
  }
}
