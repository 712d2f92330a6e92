import { given, refuseArgument, requireFunction, requireName, requireTopic } from '../codec/arguments.ts'
import { shown } from '../codec/decode-error.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkChoice, checkCount } from '../codec/option-values.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { checkPartitions } from './check-positions.ts'

type Unchecked = Readonly<Partial<Record<string, unknown>>>

/** Refuses a call of `read` or `observe` (`call` says which) without a topic, or with options that are none. */
export const checkReading = (call: string, topic: AnyTopic, options: object): void => {
  requireTopic(`${call}(…)`, topic)
  const what = `${call}('${topic.name}', …)`
  refuseUnknownOptions(what, options, readOptions)
  const { from, until, partitions, isolation, onUnreadable, signal }: Unchecked = { ...options }
  checkFrom(what, from, true)
  if (until !== undefined && until !== 'latest')
    throw new TypeError(`${what}: until is 'latest' or left out, and not ${given(until)}`)
  if (partitions !== undefined && !Array.isArray(partitions))
    throw new TypeError(`${what}: partitions is an array of numbers, as in [0, 2], and not ${given(partitions)}`)
  checkChoice(what, 'isolation', isolation, isolations)
  checkOnUnreadable(what, onUnreadable)
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new TypeError(`${what}: signal is an AbortSignal, as in controller.signal, and not ${given(signal)}`)
}

/** Refuses the options of a consumer that are none, and what they do not take. */
export const checkConsumer = (options: object): void => {
  const what = 'consumer(…)'
  refuseUnknownOptions(what, options, consumerOptions)
  const o: Unchecked = { ...options }
  const example = "consumer({ topics: [orders], group: 'audit' })"
  if (!Array.isArray(o['topics']) || o['topics'].length === 0)
    refuseArgument(what, 'an array of topics as topics', o['topics'], `write ${example}`)
  for (const topic of o['topics'] as readonly unknown[]) requireTopic('consumer({ topics })', topic)
  requireName(what, 'the name of a group as group', o['group'], example)
  checkChoice(what, 'isolation', o['isolation'], isolations)
  checkChoice(what, 'assignor', o['assignor'], assignors)
  checkFrom(what, o['from'], false)
  checkOnUnreadable(what, o['onUnreadable'])
  for (const option of ['sessionTimeoutMs', 'rebalanceTimeoutMs']) checkCount(what, option, o[option], 1)
  checkAssign(what, o['assign'])
  if (o['onRevoked'] !== undefined)
    requireFunction(what, 'a function as onRevoked', o['onRevoked'], 'onRevoked: () => consumer.commit()')
}

/** Refuses the options of `consumer.poll` that are none: a time alone among them. */
export const checkPoll = (options: object): void => {
  refuseUnknownOptions('poll(…)', options, ['timeoutMs', 'maxBytes'])
  const { timeoutMs, maxBytes } = options as Unchecked
  checkCount('poll(…)', 'timeoutMs', timeoutMs, 0)
  checkCount('poll(…)', 'maxBytes', maxBytes, 1)
}

const checkAssign = (what: string, assign: unknown): void => {
  if (assign === undefined) return
  const wayOut = "write assign: [{ topic: 'orders', partition: 0 }]"
  if (!Array.isArray(assign)) refuseArgument(what, 'an array of partitions as assign', assign, wayOut)
  checkPartitions('consumer({ assign })', assign as readonly unknown[])
}

const checkFrom = (what: string, from: unknown, offsetsToo: boolean): void => {
  if (from === undefined || from === 'earliest' || from === 'latest') return
  const forms = ['timestamp', ...(offsetsToo ? ['offsets'] : [])]
  const form = forms.find((name) => typeof from === 'object' && from !== null && name in from)
  const listed = `'earliest', 'latest'${offsetsToo ? ', { timestamp } or { offsets }' : ' or { timestamp }'}`
  if (form === undefined) throw new TypeError(`${what}: from is ${listed}, and not ${given(from)}`)
  const value: unknown = (from as Readonly<Record<string, unknown>>)[form]
  if (form === 'timestamp' && !Number.isSafeInteger(value))
    throw new TypeError(
      `${what}: from a timestamp is whole milliseconds since the epoch, as in date.getTime(), and not ${shown(value)}`,
    )
  if (form === 'offsets' && (typeof value !== 'object' || value === null || Array.isArray(value)))
    throw new TypeError(`${what}: from offsets is by partition, as in { offsets: { 0: 17 } }, and not ${given(value)}`)
}

const checkOnUnreadable = (what: string, value: unknown): void => {
  if (value === undefined || value === 'halt' || value === 'skip' || typeof value === 'function') return
  throw new TypeError(`${what}: onUnreadable is 'halt', 'skip' or a function, and not ${given(value)}`)
}

const isolations: readonly string[] = ['read_committed', 'read_uncommitted']
const assignors: readonly string[] = ['range', 'roundrobin', 'sticky', 'cooperative-sticky', 'task']
const consumerOptions: readonly string[] = [
  ...['topics', 'group', 'assign', 'from', 'assignor', 'instanceId', 'sessionTimeoutMs', 'rebalanceTimeoutMs'],
  ...['isolation', 'onUnreadable', 'onRevoked'],
]
const readOptions: readonly string[] = ['from', 'until', 'partitions', 'isolation', 'onUnreadable', 'signal']
