import * as E from 'fp-ts/lib/Either.js'
import type { TopicSpec } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure, type FailureCode } from '../contracts/failure.ts'
import type { TopicConfig, TopicConfigChanges } from '../contracts/topic.ts'
import { topicName } from './names.ts'
import { maxPartitions } from './topic.ts'
import { changedConfig, topicConfig } from './topic-config.ts'

/** `check`'s complaint, a `TypeError`, as a failure. */
const refuse = <A>(code: FailureCode, check: () => A): E.Either<EngineFailure, A> =>
  E.tryCatch(check, (error) => engineFailure(code, error instanceof Error ? error.message : String(error), error))

/** Whether a topic can be created as it is asked for. */
export const checkedSpec = (spec: TopicSpec): E.Either<EngineFailure, TopicSpec> => {
  const name = refuse('invalid-topic', () => topicName(spec.name))
  if (name._tag === 'Left') return name
  const partitions = checkedPartitions(spec.name, spec.partitions)
  if (partitions._tag === 'Left') return partitions
  return E.map((config: TopicConfig) => ({ ...spec, config }))(
    refuse('invalid-config', () => topicConfig(spec.name, spec.config)),
  )
}

/** The settings that `topic` has after `changes`. */
export const checkedChanges = (
  topic: { readonly name: string; readonly config: TopicConfig },
  changes: TopicConfigChanges,
): E.Either<EngineFailure, TopicConfig> =>
  refuse('invalid-config', () => changedConfig(topic.name, topic.config, changes))

export const checkedPartitions = (topic: string, partitions: number): E.Either<EngineFailure, number> =>
  Number.isInteger(partitions) && partitions >= 1 && partitions <= maxPartitions
    ? E.right(partitions)
    : E.left(
        engineFailure(
          'invalid-partitions',
          `topic '${topic}' takes 1 to ${maxPartitions} partitions, and not ${partitions}`,
        ),
      )
