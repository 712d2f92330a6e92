import type { Random } from '../../contracts/random.ts'
import { currentLife } from './life.ts'
import type { Patch } from './patches.ts'

type Callable = (...args: unknown[]) => unknown

const uuidOf = ({ id }: Random): string => {
  const bytes = id()
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}

const fill = <A extends ArrayBufferView>(random: Random, view: A): A => {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  for (let at = 0; at < bytes.length; at += 16) bytes.set(random.id().subarray(0, bytes.length - at), at)
  return view
}

/** A function that draws from a life's own randomness, where `inside` can do it and a life is there. */
const drawn =
  (
    inside: (random: Random, args: readonly unknown[]) => unknown,
    can: (args: readonly unknown[]) => boolean = () => true,
  ) =>
  (real: unknown): Callable =>
    function (this: unknown, ...args) {
      const life = currentLife()
      return life === undefined || !can(args) ? (real as Callable).apply(this, args) : inside(life.random, args)
    }

const isView = ([view]: readonly unknown[]): boolean => ArrayBuffer.isView(view)

/** Randomness, of the global scope and of `node:crypto`, whose `getRandomValues` asks the global one: drawn from the world's seed. */
export const chancePatches = (): readonly Patch[] => {
  const module = process.getBuiltinModule('node:crypto')
  const uuid = drawn(uuidOf)
  const fills = drawn((random, [view]) => fill(random, view as Uint8Array), isView)
  return [
    { on: Math, key: 'random', instead: drawn((random) => random.next()) },
    { on: crypto, key: 'randomUUID', instead: uuid },
    { on: crypto, key: 'getRandomValues', instead: fills },
    { on: module, key: 'randomUUID', instead: uuid },
    {
      on: module,
      key: 'randomFillSync',
      instead: drawn(
        (random, [view]) => fill(random, view as Uint8Array),
        (args) => args.length === 1 && isView(args),
      ),
    },
    {
      on: module,
      key: 'randomBytes',
      instead: drawn(
        (random, [size]) => fill(random, Buffer.alloc(size as number)),
        (args) => args.length === 1 && typeof args[0] === 'number',
      ),
    },
  ]
}
