import type { AnyDelayed } from '../contracts/delayed.ts'
import type { AnyStore } from '../contracts/store.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { cut, maxShownCharacters, shown } from './decode-error.ts'

/**
 * Throws a `TypeError` in the words that every call has for what it does not take: what it takes, what it got, and what
 * to write instead.
 */
export const refuseArgument = (call: string, takes: string, got: unknown, wayOut: string): never => {
  throw new TypeError(`${call} takes ${takes}, and not ${given(got)}: ${wayOut}`)
}

/** Throws a `TypeError` for what a function given to an operator answered for a record, where that is of no use. */
export const refuseAnswer = (operator: string, got: unknown, { id }: AnyRecord, wayOut: string): never => {
  throw new TypeError(`the function of ${operator} answered ${given(got)} for record '${id}': ${wayOut}`)
}

/** Refuses what is no topic: mostly its name alone, which does not say how its records are read and written. */
export const requireTopic = (call: string, topic: unknown): void => {
  if (!isTopic(topic)) refuseArgument(call, 'a topic', topic, topicWayOut(topic))
}

/** {@link requireTopic} of each, by its place. */
export const requireTopics = (call: string, topics: readonly unknown[]): void =>
  topics.forEach((topic, at) => requireTopic(`argument ${at + 1} of ${call}`, topic))

/** Refuses what `delayed(…)` did not make. */
export const requireDelayed = (call: string, delayed: unknown): void => {
  if (!isDelayed(delayed))
    refuseArgument(call, 'what delayed(…) makes', delayed, "declare it once, delayed('later', { to, tiers })")
}

/** Refuses what is no function. `example`: how to write the call. */
export const requireFunction = (call: string, takes: string, value: unknown, example: string): void => {
  if (typeof value !== 'function') refuseArgument(call, takes, value, `write ${example}`)
}

/** Refuses what is no text. */
export const requireName = (call: string, takes: string, name: unknown, example: string): void => {
  if (typeof name !== 'string') refuseArgument(call, takes, name, `write ${example}`)
}

/** Whether `value` is what `topic(…)` makes. */
export const isTopic = (value: unknown): value is AnyTopic => isStore(value) && 'partitions' in value

/** Whether `value` has what a store has: a name and two codecs. Topics have it too. */
export const isStore = (value: unknown): value is AnyStore =>
  isObject(value) && typeof value['name'] === 'string' && isCodecLike(value['key']) && isCodecLike(value['value'])

/** Whether `value` is what `delayed(…)` makes. */
export const isDelayed = (value: unknown): value is AnyDelayed =>
  isObject(value) && typeof value['name'] === 'string' && isTopic(value['to']) && Array.isArray(value['tiers'])

/** `value` as a message names an argument: what our own functions made by its name, anything else as `shown`. */
export const given = (value: unknown): string => {
  if (isStore(value)) return `${isTopic(value) ? 'topic' : 'store'} '${value.name}'`
  if (!isObject(value)) return shown(value)
  if (isDelayed(value)) return `delayed '${value.name}'`
  if (typeof value['subscribe'] === 'function') return 'an Observable (was an operator not called?)'
  if (Array.isArray(value['operators']) && typeof value['pipe'] === 'function') return 'a pipeline'
  if (Object.getPrototypeOf(value) !== Object.prototype) return shown(value)
  const names = Object.keys(value)
  return names.length === 0 ? 'an empty object' : cut(`an object { ${names.join(', ')} }`, maxShownCharacters)
}

const topicWayOut = (got: unknown): string => {
  if (Array.isArray(got)) return 'pass topics one by one, as in ...topics'
  const name = typeof got === 'string' && got !== '' ? cut(got, maxShownCharacters) : 'orders'
  return `declare it once, const ${/^[a-z]\w*$/i.test(name) ? name : 'it'} = topic('${name}', { key, value }), and pass that`
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Whether `value` has the two functions of a codec; io-ts types have them too. */
export const isCodecLike = (value: unknown): boolean =>
  isObject(value) && typeof value['encode'] === 'function' && typeof value['decode'] === 'function'
