import { given } from './arguments.ts'
import { cut } from './decode-error.ts'

/** Kafka's own limit. A topic is a directory, and 255 characters are what most file systems allow. */
export const maxTopicNameCharacters = 249
/** Leaves room for a store's changelog topic to carry the pipeline's name as well. */
export const maxStoreNameCharacters = 100

/**
 * `name` as it may name a topic on every engine. Throws a `TypeError` that says what is wrong with it:
 * Kafka's rules (`org.apache.kafka.common.internals.Topic`), and names in `__` are left to the engine.
 */
export const topicName = <N extends string>(name: N): N => checked('topic', name, maxTopicNameCharacters)

/** `name` as it may name a store: it becomes part of a topic's name. Throws a `TypeError`. */
export const storeName = (name: string): string => checked('store', name, maxStoreNameCharacters)

const checked = <N extends string>(kind: string, name: N, limit: number): N => {
  const wrong = complaint(name, limit)
  if (wrong === undefined) return name
  const said = typeof name === 'string' ? `'${cut(name, 80)}'` : given(name)
  throw new TypeError(`${said} cannot name a ${kind}: ${wrong}`)
}

const complaint = (name: unknown, limit: number): string | undefined => {
  if (typeof name !== 'string') return 'it is no string; begin with one, and give the rest as { key, value }'
  if (name === '') return `it is empty; take 1 to ${limit} of A-Z, a-z, 0-9, '.', '_' and '-'`
  if (name === '.' || name === '..') return 'it means a directory; add a letter'
  if (name.length > limit) return `it has ${name.length} characters, and ${limit} are allowed; shorten it`
  const odd = /[^A-Za-z0-9._-]/u.exec(name)?.[0]
  if (odd !== undefined) return `it has ${JSON.stringify(odd)}; use only A-Z, a-z, 0-9, '.', '_' and '-'`
  if (name.startsWith('__')) return "names that begin with '__' are the engine's own; begin with something else"
  return undefined
}
