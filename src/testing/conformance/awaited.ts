import type { Clock } from '../../contracts/clock.ts'
import { asText } from './as-text.ts'

interface Waiting {
  /** For people; only asked when it has been waited for in vain. */
  readonly what: () => string
  /** How long it may take by itself: what time is asked to go by. */
  readonly ownMs: number
}

/** Something that a law has asked for is not answered, and nothing else either. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** What a law waits for at the moment, by name; knows when nothing is answered any more. */
export class Awaited {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #waiting = new Set<Waiting>()
  #answeredMs: number

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#answeredMs = clock.elapsed()
  }

  /** The same promise, which is waited for under that name until it is settled. */
  async for<A>(what: () => string, work: () => Promise<A>, ownMs = 0): Promise<A> {
    const waiting = { what, ownMs }
    this.#waiting.add(waiting)
    try {
      return await work()
    } finally {
      this.#waiting.delete(waiting)
      this.#answeredMs = this.#clock.elapsed()
    }
  }

  /** The same object, whose calls are waited for under their names, and those of what they answer. */
  watching<A extends object>(name: string, watched: A): A {
    return new Proxy(watched, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        const what = `${name}.${String(key)}`
        if (typeof value === 'function')
          return (...args: unknown[]) => this.#called(what, args, value.apply(target, args))
        return parts.includes(String(key)) && isObject(value) ? this.watching(what, value) : value
      },
    })
  }

  /** **Errors** rejects as `work` does, and with {@link NoAnswer} where nothing is answered for as long as is allowed. */
  async limited<A>(work: () => Promise<A>): Promise<A> {
    let stop = () => {}
    const stalled = new Promise<never>((_, reject) => {
      const look = () => {
        const leftMs = this.#leftMs
        if (leftMs <= 0) reject(new NoAnswer(this.#message))
        else stop = this.#clock.after(leftMs, look, true)
      }
      this.#answeredMs = this.#clock.elapsed()
      look()
    })
    try {
      return await Promise.race([work(), stalled])
    } finally {
      stop()
    }
  }

  /** A call of the engine is a function that has to be called itself; what it answers may have calls of its own. */
  #called(what: string, args: readonly unknown[], answer: unknown): unknown {
    if (typeof answer !== 'function') return answer
    const told = () => {
      const text = args.map(asText).join(', ')
      return `${what}(${text.length > textMax ? `${text.slice(0, textMax)}…` : text})`
    }
    return async () => {
      const settled: unknown = await this.for(told, () => answer())
      const right: unknown = isObject(settled) ? Reflect.get(settled, 'right') : undefined
      const made = what.slice(what.lastIndexOf('.') + 1)
      return makers.includes(made) && isObject(right)
        ? { ...(settled as object), right: this.watching(made, right) }
        : settled
    }
  }

  get #leftMs(): number {
    const ownMs = Math.max(0, ...[...this.#waiting].map(({ ownMs }) => ownMs))
    return Math.ceil(this.#answeredMs + this.#limitMs + ownMs - this.#clock.elapsed())
  }

  get #message(): string {
    const all = [...this.#waiting].map(({ what }) => what())
    const what = all.length === 0 ? 'something that it has not asked the engine for' : all.join('\n')
    return `nothing was answered for ${this.#limitMs / 1000} s, while this was waited for:\n${what}`
  }
}

const textMax = 120
/** Of an engine that which has calls. */
const parts = ['topics', 'reader', 'groups']
/** Calls whose answers have calls. */
const makers = ['producer', 'transactions', 'join']

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
