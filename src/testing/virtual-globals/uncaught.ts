import { systemSettle } from '../../millrace/system.ts'
import { currentLife } from './life.ts'
import type { Patch } from './patches.ts'

type Callable = (...args: unknown[]) => unknown

/** What Node emits of an error that nobody has caught, before it ends the process. */
const uncaught: ReadonlySet<unknown> = new Set(['uncaughtExceptionMonitor', 'uncaughtException', 'unhandledRejection'])

/** A function that has a callback called, which ends the life that it is given by where it throws. */
const caught = (real: unknown): Callable =>
  function (this: unknown, ...args) {
    const life = currentLife()
    const [callback, ...rest] = args
    // Node says what is wrong with others
    if (life === undefined || typeof callback !== 'function') return (real as Callable).apply(this, args)
    const called = (...given: unknown[]) => {
      try {
        callback(...given)
      } catch (error) {
        life.crash(error)
      }
    }
    return (real as Callable).call(this, called, ...rest)
  }

/** Node tells in the surroundings of whoever has thrown, or of whoever a promise belongs to. */
const told = (real: unknown): Callable =>
  function (this: unknown, ...args) {
    const [event, error] = args
    const life = uncaught.has(event) ? currentLife() : undefined
    if (life === undefined) return (real as Callable).apply(this, args)
    // only announces the one that follows
    if (event === 'uncaughtExceptionMonitor') return true
    life.crash(error)
    // Node has the ticks that are left go on by an immediate, which is the life's here
    void systemSettle()
    return true
  }

/**
 * What a simulated life throws where nobody catches it, in a tick, a microtask or a promise that nobody waits for, ends
 * that life, and is not heard of by the process that runs the test.
 *
 * **Guarantees** listeners of others are there all the time, and hear of everything that is not a life's.
 */
export const uncaughtPatches = (): readonly Patch[] => [
  { on: process, key: 'nextTick', instead: caught },
  { on: globalThis, key: 'queueMicrotask', instead: caught },
  // of what was taken before the run, and of promises
  { on: process, key: 'emit', instead: told },
]
