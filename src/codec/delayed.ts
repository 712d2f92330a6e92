import type { AnyDelayed, Delayed, DelayedTopics } from '../contracts/delayed.ts'
import type { AnyTopic, Topic, TopicConfig } from '../contracts/topic.ts'
import { given, requireTopic } from './arguments.ts'
import { bytes } from './bytes.ts'
import { deadLetters } from './dead-letters.ts'
import { type Duration, durationMs } from './duration.ts'
import { refuseUnknownOptions } from './known-options.ts'
import { topicName } from './names.ts'
import { nullable } from './nullable.ts'
import { statePlace } from './store.ts'
import { maxPartitions, topic } from './topic.ts'

/** What {@link delayed} takes beside the name. */
export interface DelayedOptions<K, V, T extends Duration> {
  /** Where messages go when they are due. */
  readonly to: Topic<K, V>
  /** How long messages may wait: `['5s', '30m']`. For any other time there is `at`. */
  readonly tiers: readonly T[]
  /** How many tasks move them, for ever; as many as the target has partitions where nothing is said. */
  readonly partitions?: number
  /**
   * `'disk'`: what is known of ids is kept in a directory of this machine, for more of them than there is memory for. Needs the package
   * `classic-level`, and an engine that has a directory here, or `connect(…, { state })`. In memory where nothing is said: a
   * hundred bytes and more for each that waits, or has fired in the last 24 hours.
   */
  readonly in?: 'memory' | 'disk'
  /**
   * What ids may take in memory for each task: their own bytes and 66 more each; a gibibyte where nothing is said. Where it is
   * full nothing more is scheduled, loudly, until others have been forgotten: see `StateStoreFull`.
   */
  readonly maxBytes?: number
}

/** Leaves room for the names of its topics, and of the changelog of its store. */
const maxDelayedNameCharacters = 100

/** Two years: what waits longer than that is a record, and no message under way. */
const longestTierMs = 2 * 365 * 86_400_000

/** On each rung a message waits so long, then goes to one that is not longer than what is left. */
export const ladderRungs: readonly Duration[] = ['16d', '4d', '1d', '8h', '2h', '30m']

/**
 * Describes messages that are written to a topic later: what `schedule` and `cancel` in a pipeline, and `millrace.jobs`
 * outside of one, speak of.
 *
 * **Guarantees** never early; once for each id; what is cancelled before it was written is not written. They survive
 * every process, however long nobody runs.
 *
 * **Errors** a name that cannot be a pipeline's, a tier that is no time, or is there twice, is a `TypeError`.
 *
 * @example
 * ```ts
 * import { delayed, text, topic } from 'millrace'
 *
 * const cancellations = topic('cancellations', { key: text, value: text })
 * const unpaid = delayed('unpaid-orders', { to: cancellations, tiers: ['5s', '30m'] })
 * unpaid.tiers // => ['5s', '30m']
 * ```
 */
export const delayed = <K, V, const T extends Duration>(
  name: string,
  options: DelayedOptions<K, V, T>,
): Delayed<K, V, T> => {
  const what = `delayed('${delayedName(name)}', …)`
  refuseUnknownOptions(what, options, ['to', 'tiers', 'partitions', 'in', 'maxBytes'])
  const { to, tiers } = options
  requireTopic(`${what}: to`, to)
  if (!Array.isArray(tiers))
    throw new TypeError(`${what}: tiers is a list of times, as in ['5s', '30m'], and not ${given(tiers)}`)
  const waits = tiers.map((tier) => waitMs(what, tier))
  const twice = waits.findIndex((wait, at) => waits.indexOf(wait) !== at)
  if (twice >= 0) throw new TypeError(`${what}: tier '${tiers[twice]}' is there twice: once is enough`)
  const { partitions = to.partitions } = options
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > maxPartitions)
    throw new TypeError(`${what}: partitions is 1 to ${maxPartitions}, and not ${given(partitions)}`)
  return { name, to, tiers: Object.freeze([...tiers]), partitions, ...statePlace(what, options) }
}

const delayedName = (name: string): string => {
  const named = topicName(name)
  if (named.length > maxDelayedNameCharacters || named.includes('--') || named.endsWith('-'))
    throw new TypeError(
      `'${named}' cannot name what is delayed: it names a group too; take 1 to ${maxDelayedNameCharacters} characters, without '--', and not ending in '-'`,
    )
  return named
}

const waitMs = (what: string, tier: Duration): number => {
  const wait = durationMs(`${what}: a tier`, tier)
  if (!Number.isInteger(wait) || wait < 1 || wait > longestTierMs)
    throw new TypeError(`${what}: a tier is 1ms to 730d, in whole milliseconds, and not ${given(tier)}`)
  return wait
}

const known = new WeakMap<AnyDelayed, DelayedTopics>()

/** The topics in which the messages of `of` wait, and those in which they are spoken of. */
export const topicsOf = (of: AnyDelayed): DelayedTopics => {
  const topics = known.get(of) ?? makeTopics(of)
  known.set(of, topics)
  return topics
}

/** Among topics of these names, those that the movers of delayed jobs read, by their group. */
export const topicsOfGroup = (names: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const groups = names.filter((name) => name.endsWith('.commands')).map((name) => name.slice(0, -'.commands'.length))
  const isOf = (group: string, name: string): boolean =>
    name.startsWith(`${group}.`) &&
    /^(commands|near|(delay|plain|ladder)-\d[\d.]*[a-z]+)$/.test(name.slice(group.length + 1))
  return new Map(groups.map((group) => [group, names.filter((name) => isOf(group, name))]))
}

/** The topics that whoever schedules and cancels writes to. */
export const scheduledIn = (of: AnyDelayed): readonly AnyTopic[] => {
  const { commands, plain } = topicsOf(of)
  return [commands, ...plain.values()]
}

/** How long an answer is kept: whoever waits for it reads it at once. */
const answersKeptMs = 3_600_000

const makeTopics = ({ name, tiers, partitions, to }: AnyDelayed): DelayedTopics => {
  const room = to.config['max.message.bytes'] ?? 0
  const config: TopicConfig = {
    'message.timestamp.type': 'LogAppendTime',
    // by itself nothing goes: what was moved is deleted, however long that takes
    'retention.ms': -1,
    'max.message.bytes': Math.max(roomyMessageBytes, 2 * room),
  }
  const raw = (part: string, more: TopicConfig = config): AnyTopic =>
    topic(`${name}.${part}`, { key: nullable(bytes), value: nullable(bytes), partitions, config: more })
  const each = (part: string, times: readonly string[]): ReadonlyMap<string, AnyTopic> =>
    new Map(times.map((time) => [time, raw(`${part}-${time}`)]))
  return {
    commands: raw('commands'),
    answers: raw('answers', { 'retention.ms': answersKeptMs }),
    tiers: each('delay', tiers),
    plain: each('plain', tiers),
    ladder: each('ladder', ladderRungs),
    near: raw('near'),
    dead: deadLetters(`${name}.dead`, { config: { 'max.message.bytes': 2 * Math.max(roomyMessageBytes, 2 * room) } }),
  }
}

/** What waits is the target's record and a few headers. */
const roomyMessageBytes = 2 * 1024 * 1024
