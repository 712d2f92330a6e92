import { callersIn, isByThemselves, isTick } from './callers.ts'
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
/** Streams of `zlib` work in threads, too: `createGzip`, `new Gzip`. */
const zlibStream =
  /^(create[A-Z].*(zip|late|Raw|Compress|Decompress)|(Brotli|Zstd)?(Compress|Decompress)|G(un)?zip|(De|In)flate(Raw)?|Unzip)$/
/** Draws from the machine's own randomness, whatever the seed. */
const drawing = ['generateKeySync', 'generateKeyPairSync', 'generatePrimeSync'] as const
/** Constants, errors and plain data: nothing happens when they are made. */
const harmless =
  /^(Stats|Dirent|BroadcastChannel|MessageChannel|MessagePort|Agent|validateHeader.*|get[A-Z].*|is[A-Z].*|set(Default|Max|Environment).*)$/
/** The same function or class, refused by name when a simulated life calls it. */
const refused = (name: string, real: Callable): Callable => {
  const check = (asker: Callable) => {
    const life = currentLife()
    if (life === undefined) return
    const file = callersIn(asker, 1)[0]?.file ?? ''
    // nobody could catch it there
    if (isTick(file)) life.tellRefused(name)
    else if (!isByThemselves(file)) life.refuse(name)
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
  const zlib = process.getBuiltinModule('node:zlib')
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
  for (const key of Object.keys(zlib)) if (zlibStream.test(key)) add('zlib', zlib, key)
  for (const key of drawing) add('crypto', process.getBuiltinModule('node:crypto'), key)
  // no part of the language's own types
  const wasm: object = Reflect.get(globalThis, 'WebAssembly')
  for (const key of ['compile', 'instantiate', 'compileStreaming', 'instantiateStreaming'])
    add('WebAssembly', wasm, key)
  for (const key of ['wait', 'waitAsync']) add('Atomics', Atomics, key)
  for (const key of ['exit', 'abort', 'kill']) add('process', process, key)
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
    ...(['WebSocket', 'EventSource', 'CompressionStream', 'DecompressionStream'] as const)
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
