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

/** Of those that are whole numbers, each as likely as the next. */
const intOf = (random: Random, args: readonly unknown[]): unknown => {
  const numbers = args.filter((arg) => typeof arg === 'number')
  const [min, max] = numbers.length > 1 ? [numbers[0] ?? 0, numbers[1] ?? 0] : [0, numbers[0] ?? 0]
  return answered(args, min + Math.floor(random.next() * (max - min)))
}

/** Given to the callback, later, where there is one. */
const answered = (args: readonly unknown[], value: unknown): unknown => {
  const callback = args.at(-1)
  if (typeof callback !== 'function') return value
  process.nextTick(callback, null, value)
  return undefined
}

/** The part of a view that `randomFillSync` is asked to fill. */
const partOf = ([view, offset = 0, size]: readonly unknown[]): Uint8Array => {
  const { buffer, byteOffset, byteLength } = view as Uint8Array
  const unit = (view as Uint8Array).BYTES_PER_ELEMENT ?? 1
  const from = Number(offset) * unit
  return new Uint8Array(buffer, byteOffset + from, size === undefined ? byteLength - from : Number(size) * unit)
}

/** Node says what is wrong with others. */
const isPart = ([view, offset = 0, size = 0]: readonly unknown[]): boolean => {
  if (!ArrayBuffer.isView(view) || !Number.isSafeInteger(offset) || !Number.isSafeInteger(size)) return false
  const unit = (view as Uint8Array).BYTES_PER_ELEMENT ?? 1
  return Number(offset) >= 0 && Number(size) >= 0 && (Number(offset) + Number(size)) * unit <= view.byteLength
}

const isRange = (args: readonly unknown[]): boolean => {
  const numbers = typeof args.at(-1) === 'function' ? args.slice(0, -1) : args
  const [min, max] = numbers.length > 1 ? numbers : [0, numbers[0]]
  return (
    numbers.length > 0 &&
    Number.isSafeInteger(min) &&
    Number.isSafeInteger(max) &&
    Number(max) > Number(min) &&
    Number(max) - Number(min) < 2 ** 48
  )
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
      instead: drawn((random, args) => {
        fill(random, partOf(args))
        return args[0]
      }, isPart),
    },
    {
      on: module,
      key: 'randomBytes',
      instead: drawn(
        (random, args) => answered(args, fill(random, Buffer.alloc(args[0] as number))),
        ([size, callback]) => typeof size === 'number' && (callback === undefined || typeof callback === 'function'),
      ),
    },
    { on: module, key: 'randomInt', instead: drawn(intOf, isRange) },
  ]
}
