import type { TopicConfig, TopicConfigChanges } from '../contracts/topic.ts'
import { given } from './arguments.ts'
import { shown } from './decode-error.ts'
import { nearest } from './nearest.ts'

/** What a setting takes, in words, and whether a value is that. */
interface Setting {
  readonly takes: string
  readonly fits: (value: unknown) => boolean
}

const whole = (least: number, unit: string, most: number = Number.MAX_SAFE_INTEGER): Setting => ({
  takes: `a whole number of ${unit} from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}`,
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
})
const oneOf = (...choices: readonly string[]): Setting => ({
  takes: choices.map((choice) => `'${choice}'`).join(' or '),
  fits: (value) => choices.includes(value as string),
})

const int32Max = 2 ** 31 - 1

/** Kafka's bounds (`org.apache.kafka.storage.internals.log.LogConfig`); -1 means without end. */
const settings: { readonly [Key in keyof TopicConfig]-?: Setting } = {
  'cleanup.policy': oneOf('delete', 'compact', 'compact,delete'),
  'compression.type': oneOf('producer', 'none', 'gzip', 'snappy', 'lz4', 'zstd'),
  'delete.retention.ms': whole(0, 'milliseconds'),
  'index.interval.bytes': whole(0, 'bytes', int32Max),
  'max.compaction.lag.ms': whole(1, 'milliseconds'),
  'max.message.bytes': whole(0, 'bytes', int32Max),
  'message.timestamp.type': oneOf('CreateTime', 'LogAppendTime'),
  'min.cleanable.dirty.ratio': {
    takes: 'a number from 0 to 1',
    fits: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  'min.compaction.lag.ms': whole(0, 'milliseconds'),
  'retention.bytes': whole(-1, 'bytes'),
  'retention.ms': whole(-1, 'milliseconds'),
  'segment.bytes': whole(14, 'bytes', int32Max),
  'segment.ms': whole(1, 'milliseconds'),
}

/** A copy of `config` that has only known settings with values they take. Throws a `TypeError` that names the first other. */
export const topicConfig = (topic: string, config: TopicConfig): TopicConfig => {
  if (typeof config !== 'object' || config === null)
    throw new TypeError(`topic '${topic}': config is an object, as in { 'retention.ms': -1 }, and not ${given(config)}`)
  for (const [key, value] of Object.entries(config)) {
    const setting = settingOf(topic, key)
    if (!setting.fits(value))
      throw new TypeError(`topic '${topic}': ${key} takes ${setting.takes}, and not ${shown(value)}`)
  }
  return { ...config }
}

/** `config` as `changes` leave it: what is `null` there is taken out. Throws a `TypeError` for what {@link topicConfig} would refuse. */
export const changedConfig = (topic: string, config: TopicConfig, changes: TopicConfigChanges): TopicConfig => {
  const named = Object.entries(changes)
  // what is taken back must have a name that there is, too
  for (const [key, value] of named) if (value === null) settingOf(topic, key)
  const set = topicConfig(topic, Object.fromEntries(named.filter(([, value]) => value !== null)))
  const kept = Object.entries(config).filter(([key]) => changes[key as keyof TopicConfig] !== null)
  return { ...Object.fromEntries(kept), ...set }
}

const settingOf = (topic: string, key: string): Setting => {
  const setting = Object.hasOwn(settings, key) ? settings[key as keyof TopicConfig] : undefined
  if (setting === undefined) throw new TypeError(`topic '${topic}' knows no setting '${key}'${hint(key)}`)
  return setting
}

const hint = (key: string): string => {
  const names = Object.keys(settings)
  const near = nearest(key, names)
  return near === undefined ? `: it may be ${names.join(', ')}` : `: did you mean '${near}'?`
}
