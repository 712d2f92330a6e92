import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock as FakeClock, withGlobal } from '@sinonjs/fake-timers'
import type { Clock } from '../../contracts/clock.ts'
import type { Random } from '../../contracts/random.ts'
import { OutsideWorld } from './outside-world.ts'

export interface LifeParts {
  /** The process's own: its timers are events of the world. */
  readonly clock: Clock
  readonly random: Random
  /** Hears what is thrown where nobody catches it: the process would end of it. */
  readonly crashed: (why: unknown) => void
  /** Hears of a call that the simulation cannot make. */
  readonly refused: (why: OutsideWorld) => void
}

type Callback = (...args: unknown[]) => unknown
/** What the library makes has what Node's own have. */
type Timer = NodeJS.Timeout | NodeJS.Immediate

const living = new AsyncLocalStorage<Life>()
const fakes = withGlobal(globalThis)
const timersOf = new WeakMap<object, Life>()
/** As Node has it: what is longer rings at once. */
const longestDelayMs = 2 ** 31 - 1
/** Timers that ring at one time and set each other anew have a limit. */
const ringsMax = 100_000

/** The life whose code runs at the moment, as far as it was begun in {@link Life.enter} and followed from there. */
export const currentLife = (): Life | undefined => living.getStore()

/** Whose timer that is. */
export const lifeOfTimer = (timer: unknown): Life | undefined =>
  typeof timer === 'object' && timer !== null ? timersOf.get(timer) : currentLife()

/**
 * Time, timers and randomness of a user's code, in one life of a process of the world.
 *
 * **Guarantees** its time is the world's when the life was entered last. A timer is an event of its process: it takes
 * part in pauses, is late when the world says so, and never rings once the process is dead. Timers that have become due
 * ring once each before anything else happens in the process, with what time it is then, as after a machine's sleep.
 */
export class Life {
  readonly random: Random
  readonly #parts: LifeParts
  readonly #fake: FakeClock
  /** What rings a timer in time, by the timer's id. */
  readonly #wakes = new Map<number, () => void>()
  #atMs: number
  #aheadMs: number

  constructor(parts: LifeParts) {
    const { clock, random } = parts
    this.#parts = parts
    this.random = random
    this.#fake = fakes.createClock(clock.now(), ringsMax)
    this.#atMs = Math.floor(clock.elapsed())
    this.#aheadMs = clock.now() - this.#atMs
  }

  /** Clocks that show this life's time: `Intl`, `Temporal`, `performance`, `hrtime`. */
  get fake(): FakeClock {
    return this.#fake
  }

  /** Runs `work` as this life's code, at the world's present time. */
  enter(work: () => void): void {
    living.run(this, () => {
      this.#follow()
      work()
    })
  }

  /**
   * The call cannot be made.
   *
   * **Errors** throws {@link OutsideWorld}, always; and tells whoever runs the world, in case that is caught.
   */
  refuse(called: string): never {
    throw this.tellRefused(called)
  }

  /** As {@link Life.refuse}, of what has begun already: nothing is thrown here. */
  tellRefused(called: string): OutsideWorld {
    const why = new OutsideWorld(called)
    this.#parts.refused(why)
    return why
  }

  /** It ends of `error`, which nobody has caught. */
  crash(error: unknown): void {
    this.#parts.crashed(error)
  }

  setTimeout(callback: Callback, delay: unknown, args: readonly unknown[]): Timer {
    const ms = delayOf(delay)
    const forget = () => this.#wakes.delete(Number(timer))
    const timer = this.#fake.setTimeout(this.#ring(forget, callback), ms, ...args) as unknown as NodeJS.Timeout
    this.#keep(timer, ms)
    const { refresh } = timer
    timer.refresh = () => {
      refresh.call(timer)
      this.#wake(Number(timer), ms)
      return timer
    }
    return timer
  }

  setInterval(callback: Callback, period: unknown, args: readonly unknown[]): Timer {
    const ms = delayOf(period)
    const again = () => this.#wake(Number(timer), ms)
    const timer = this.#fake.setInterval(this.#ring(again, callback), ms, ...args) as unknown as NodeJS.Timeout
    this.#keep(timer, ms)
    return timer
  }

  setImmediate(callback: Callback, args: readonly unknown[]): Timer {
    const forget = () => this.#wakes.delete(Number(timer))
    const timer = this.#fake.setImmediate(this.#ring(forget, callback), ...args) as unknown as NodeJS.Immediate
    this.#keep(timer, 0)
    return timer
  }

  /** Answers whether it was one of a life. */
  clear(timer: unknown): boolean {
    return this.#clear(timer, (id) => this.#fake.clearTimeout(id))
  }

  /** See {@link Life.clear}. */
  clearImmediate(timer: unknown): boolean {
    return this.#clear(timer, () => this.#fake.clearImmediate(timer as Parameters<FakeClock['clearImmediate']>[0]))
  }

  #clear(timer: unknown, forget: (id: number) => void): boolean {
    const id = Number(timer)
    const wake = this.#wakes.get(id)
    if (wake === undefined) return typeof timer === 'object' && timer !== null && timersOf.has(timer)
    wake()
    this.#wakes.delete(id)
    forget(id)
    return true
  }

  #follow(): void {
    const { clock } = this.#parts
    const atMs = Math.floor(clock.elapsed())
    const aheadMs = clock.now() - atMs
    if (aheadMs !== this.#aheadMs) {
      this.#fake.setSystemTime(this.#atMs + aheadMs)
      this.#aheadMs = aheadMs
    }
    if (atMs === this.#atMs) return
    const passedMs = atMs - this.#atMs
    this.#atMs = atMs
    this.#fake.jump(passedMs)
  }

  #keep(timer: Timer, ms: number): void {
    timersOf.set(timer, this)
    this.#wake(Number(timer), ms)
  }

  /** Has the process entered when the timer is due, which rings it. */
  #wake(id: number, ms: number): void {
    this.#wakes.get(id)?.()
    const { clock } = this.#parts
    const ring = () => {
      this.#fake.jump(0)
      // one that was set while others rang is due a millisecond later
      if (this.#wakes.get(id) === cancel) this.#wake(id, 1)
    }
    const cancel = clock.after(this.#atMs + ms - clock.elapsed(), ring)
    this.#wakes.set(id, cancel)
  }

  #ring(before: () => unknown, callback: Callback): Callback {
    const bound = AsyncLocalStorage.bind(callback)
    return (...args) => {
      before()
      try {
        bound(...args)
      } catch (error) {
        this.crash(error)
      }
    }
  }
}

const delayOf = (delay: unknown): number => {
  const ms = Math.trunc(Number(delay))
  return ms >= 1 && ms <= longestDelayMs ? ms : 1
}
