import { currentLife } from './life.ts'
import type { Patch, ReadPatch } from './patches.ts'

type Callable = (...args: unknown[]) => unknown

/** Whatever of these modules is called reaches outside. */
const wholeModules = [
  'child_process',
  'cluster',
  'dgram',
  'dns',
  'dns/promises',
  'fs',
  'fs/promises',
  'http',
  'http2',
  'https',
  'net',
  'tls',
  'worker_threads',
] as const
/** Of these only what works in threads of its own, and has a sibling that does not: `gzip`, beside `gzipSync`. */
const threadedModules = ['crypto', 'zlib'] as const
/** Constants, errors and plain data: nothing happens when they are made. */
const harmless =
  /^(Stats|Dirent|BroadcastChannel|MessageChannel|MessagePort|Agent|validateHeader.*|get[A-Z].*|is[A-Z].*|set(Default|Max|Environment).*)$/
/** What Node and the test runner do by themselves, in the middle of a user's code: load modules, print, read source maps. */
const byThemselves = /^node:|[/\\]node_modules[/\\](vitest|vite|@vitest|vite-node|source-map-support)[/\\]/

/** The file of whoever called, `above` frames further up than the function that asks. */
const callersFile = (asker: Callable): string => {
  const prepare = Error.prepareStackTrace
  const limit = Error.stackTraceLimit
  try {
    Error.stackTraceLimit = 1
    Error.prepareStackTrace = (_error, sites) => sites[0]?.getFileName() ?? ''
    const held: { stack?: string } = {}
    Error.captureStackTrace(held, asker)
    return (held.stack ?? '').replace(/^file:\/\//, '')
  } finally {
    Error.prepareStackTrace = prepare
    Error.stackTraceLimit = limit
  }
}

/** The same function or class, refused by name when a simulated life calls it. */
const refused = (name: string, real: Callable): Callable => {
  const check = (asker: Callable) => {
    const life = currentLife()
    if (life !== undefined && !byThemselves.test(callersFile(asker))) life.refuse(name)
  }
  const apply = (target: Callable, self: unknown, args: unknown[]): unknown => {
    check(apply as Callable)
    return Reflect.apply(target, self, args)
  }
  const construct = (target: Callable, args: unknown[], newTarget: Callable): object => {
    check(construct as unknown as Callable)
    return Reflect.construct(target, args, newTarget === virtual ? target : newTarget)
  }
  const virtual: Callable = new Proxy(real, { apply, construct })
  return virtual
}

const modulePatches = (): readonly Patch[] => {
  const patches: Patch[] = []
  const add = (name: string, on: object, key: string) => {
    const real = Reflect.get(on, key)
    if (typeof real !== 'function' || harmless.test(key)) return
    const virtual = refused(`${name}.${key}`, real)
    patches.push({ on, key, instead: () => virtual })
  }
  for (const name of wholeModules) {
    const on = process.getBuiltinModule(`node:${name}`) as object
    for (const key of Object.keys(on)) add(name, on, key)
  }
  for (const name of threadedModules) {
    const on = process.getBuiltinModule(`node:${name}`) as object
    for (const key of Object.keys(on)) if (Reflect.has(on, `${key}Sync`)) add(name, on, key)
  }
  add('net.Socket', process.getBuiltinModule('node:net').Socket.prototype, 'connect')
  return patches
}

const subtlePatches = (): readonly Patch[] => {
  const { subtle } = globalThis.crypto
  return Object.getOwnPropertyNames(Object.getPrototypeOf(subtle))
    .filter((key) => key !== 'constructor' && typeof Reflect.get(subtle, key) === 'function')
    .map((key) => {
      const virtual = refused(`crypto.subtle.${key}`, (Reflect.get(subtle, key) as Callable).bind(subtle))
      return { on: subtle, key, instead: () => virtual }
    })
}

/** Made once: there are hundreds of them. */
let ofModules: readonly Patch[] | undefined

/** The network, the disk, other processes and threads: refused by name. */
export const refusals = (): readonly (Patch | ReadPatch)[] => {
  ofModules ??= [...modulePatches(), ...subtlePatches()]
  return [
    ...ofModules,
    { on: globalThis, key: 'fetch', instead: (real) => refused('fetch', real as Callable) },
    ...(['WebSocket', 'EventSource'] as const)
      .filter((key) => Reflect.has(globalThis, key))
      .map(
        (key): ReadPatch => ({
          on: globalThis,
          key,
          read: (real) => (currentLife() === undefined ? real() : refused(key, real() as Callable)),
        }),
      ),
  ]
}
