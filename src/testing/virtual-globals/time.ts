import { promisify } from 'node:util'
import { currentLife, type Life, lifeOfTimer } from './life.ts'
import type { Patch, ReadPatch } from './patches.ts'

type Callable = (...args: unknown[]) => unknown

/** A function that does what `inside` says in a simulated life, and what it always did elsewhere. */
const dispatched = (real: unknown, inside: (life: Life, args: readonly unknown[]) => unknown): Callable => {
  const otherwise = real as Callable
  return function (this: unknown, ...args) {
    const life = currentLife()
    return life === undefined ? otherwise.apply(this, args) : inside(life, args)
  }
}

const setter = (
  real: unknown,
  set: (life: Life, callback: Callable, args: readonly unknown[]) => unknown,
): Callable => {
  const otherwise = real as Callable
  return dispatched(real, (life, args) => {
    const [callback, ...rest] = args
    // says what is wrong with it
    return typeof callback === 'function' ? set(life, callback as Callable, rest) : otherwise(...args)
  })
}

const clearer =
  (real: unknown, clear: (life: Life, timer: unknown) => boolean): Callable =>
  (timer) => {
    const life = lifeOfTimer(timer)
    if (life === undefined || !clear(life, timer)) (real as Callable)(timer)
  }

const aborted = (signal: AbortSignal): Error =>
  Object.assign(new Error('The operation was aborted', { cause: signal.reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  })

/** How a timer is set, and called off. */
interface Alarm {
  readonly set: (ring: () => void) => unknown
  readonly clear: (timer: unknown) => unknown
}

/** As of `node:timers/promises`. */
const sleep = ({ set, clear }: Alarm, value: unknown, options: unknown): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const { signal } = (options ?? {}) as { readonly signal?: AbortSignal }
    if (signal?.aborted === true) return reject(aborted(signal))
    const abort = () => {
      clear(timer)
      reject(aborted(signal as AbortSignal))
    }
    const timer = set(() => {
      signal?.removeEventListener('abort', abort)
      resolve(value)
    })
    signal?.addEventListener('abort', abort, { once: true })
  })

const sleepFor = (life: Life, [ms, value, options]: readonly unknown[]): Promise<unknown> =>
  sleep({ set: (ring) => life.setTimeout(ring, ms, []), clear: (timer) => life.clear(timer) }, value, options)

const sleepATurn = (life: Life, [value, options]: readonly unknown[]): Promise<unknown> =>
  sleep({ set: (ring) => life.setImmediate(ring, []), clear: (timer) => life.clearImmediate(timer) }, value, options)

async function* everySo(life: Life, [ms, value, options]: readonly unknown[]): AsyncGenerator<unknown> {
  for (;;) yield await sleepFor(life, [ms, value, options])
}

const withPromise = (made: Callable, promised: Callable): Callable =>
  Object.defineProperty(made, promisify.custom, { enumerable: true, value: promised })

const makers: Readonly<Record<string, (real: unknown) => unknown>> = {
  setTimeout: (real) =>
    withPromise(
      setter(real, (life, callback, [ms, ...args]) => life.setTimeout(callback, ms, args)),
      dispatched(promisify(real as Callable), sleepFor),
    ),
  setInterval: (real) => setter(real, (life, callback, [ms, ...args]) => life.setInterval(callback, ms, args)),
  setImmediate: (real) =>
    withPromise(
      setter(real, (life, callback, args) => life.setImmediate(callback, args)),
      dispatched(promisify(real as Callable), sleepATurn),
    ),
  clearTimeout: (real) => clearer(real, (life, timer) => life.clear(timer)),
  clearInterval: (real) => clearer(real, (life, timer) => life.clear(timer)),
  clearImmediate: (real) => clearer(real, (life, timer) => life.clearImmediate(timer)),
}

const promiseMakers: Readonly<Record<string, (life: Life, args: readonly unknown[]) => unknown>> = {
  setTimeout: sleepFor,
  setImmediate: sleepATurn,
  setInterval: everySo,
}

/** `Date` as it always was, but for what time it is. */
const dateOf = (real: unknown): unknown => {
  const RealDate = real as DateConstructor
  const now = dispatched(RealDate.now, (life) => life.fake.now)
  const virtual: DateConstructor = new Proxy(RealDate, {
    construct: (target, args, newTarget) => {
      const life = args.length === 0 ? currentLife() : undefined
      return Reflect.construct(
        target,
        life === undefined ? args : [life.fake.now],
        newTarget === virtual ? target : newTarget,
      )
    },
    apply: (target, self, args) => {
      const life = currentLife()
      return life === undefined ? Reflect.apply(target, self, args) : new target(life.fake.now).toString()
    },
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
  return virtual
}

/** As `AbortSignal.timeout`, on the life's time. */
const timeoutSignal = (life: Life, [ms]: readonly unknown[]): AbortSignal => {
  const controller = new AbortController()
  const ring = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
  life.setTimeout(ring, ms, [])
  return controller.signal
}

const markAt = (real: unknown, life: Life, [name, options]: readonly unknown[]): unknown =>
  Reflect.apply(real as Callable, performance, [
    name,
    { startTime: life.fake.performance.now(), ...(options as object) },
  ])

const hrtimeOf = (real: unknown): unknown => {
  const hrtime = dispatched(real, (life, [before]) => life.fake.hrtime(before as number[] | undefined))
  const bigint = dispatched((real as typeof process.hrtime).bigint, (life) =>
    (life.fake.hrtime as unknown as typeof process.hrtime).bigint(),
  )
  return Object.assign(hrtime, { bigint })
}

/** Time and timers, of the global scope and of Node's modules. */
export const timePatches = (): readonly (Patch | ReadPatch)[] => {
  const timers: Patch[] = []
  const modules = [globalThis, process.getBuiltinModule('node:timers')]
  for (const [key, make] of Object.entries(makers)) {
    // one for both, as it is
    const made = make(Reflect.get(globalThis, key))
    for (const on of modules) timers.push({ on, key, instead: () => made })
  }
  const promises = process.getBuiltinModule('node:timers/promises')
  for (const [key, inside] of Object.entries(promiseMakers))
    timers.push({ on: promises, key, instead: (real) => dispatched(real, inside) })
  const { scheduler } = promises
  timers.push(
    {
      on: scheduler,
      key: 'wait',
      instead: (real) => dispatched(real, (life, [ms, options]) => sleepFor(life, [ms, undefined, options])),
    },
    { on: scheduler, key: 'yield', instead: (real) => dispatched(real, (life) => sleepATurn(life, [])) },
  )
  const shown = (['Intl', 'Temporal'] as const)
    .filter((key) => Reflect.has(globalThis, key))
    .map((key): ReadPatch => ({ on: globalThis, key, read: (real) => currentLife()?.fake[key] ?? real() }))
  return [
    ...timers,
    ...shown,
    { on: globalThis, key: 'Date', instead: dateOf },
    { on: AbortSignal, key: 'timeout', instead: (real) => dispatched(real, timeoutSignal) },
    { on: performance, key: 'now', instead: (real) => dispatched(real, (life) => life.fake.performance.now()) },
    {
      on: performance,
      key: 'timeOrigin',
      read: (real) => {
        const life = currentLife()
        return life === undefined ? real() : life.fake.now - life.fake.performance.now()
      },
    },
    { on: performance, key: 'mark', instead: (real) => dispatched(real, (life, args) => markAt(real, life, args)) },
    { on: process, key: 'hrtime', instead: hrtimeOf },
    { on: process, key: 'uptime', instead: (real) => dispatched(real, (life) => life.fake.performance.now() / 1000) },
  ]
}
