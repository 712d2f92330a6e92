import { topicConfig } from '../../codec/topic-config.ts'
import type { TopicConfig, TopicConfigChanges } from '../../contracts/topic.ts'
import { Complaint } from '../complaint.ts'

/** The settings of a topic from what was typed: what reads like a number is one. */
export const configOf = (topic: string, typed: Readonly<Record<string, string>> = {}): TopicConfig => {
  const config = Object.fromEntries(
    Object.entries(typed).map(([name, value]) => [name, /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value]),
  )
  try {
    return topicConfig(topic, config)
  } catch (error) {
    if (error instanceof TypeError) throw new Complaint('usage', error.message, error)
    throw error
  }
}

/** What to change, from what was typed: settings with values, and the names of those to take back. */
export const changesOf = (
  topic: string,
  {
    config = {},
    deleteConfig = [],
  }: {
    readonly config?: Readonly<Record<string, string>>
    readonly deleteConfig?: readonly string[]
  },
): TopicConfigChanges => {
  const both = deleteConfig.find((name) => Object.hasOwn(config, name))
  if (both !== undefined)
    throw new Complaint(
      'usage',
      `${both} can be set or taken back, and not both: leave out --config or --delete-config`,
    )
  return { ...configOf(topic, config), ...Object.fromEntries(deleteConfig.map((name) => [name, null])) }
}

/** As it is typed: `cleanup.policy=compact retention.ms=-1`; `-` where there is none. */
export const shownConfig = (config: TopicConfig): string =>
  Object.entries(config)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ') || '-'
