import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import type { PartitionDefinition } from './log-options.ts'

/** A topic's id as Kafka writes one: 16 bytes in URL-safe base64 without padding. */
export const topicIdOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** The last of 22 characters has two bits to say. */
const isTopicId = (id: string): boolean => /^[\w-]{21}[AQgw]$/.test(id)

/**
 * Journals, checkpoints and directories tell a topic by its id from others that had its name: one of another form
 * could not be found again in them.
 *
 * **Errors** `invalid-topic`.
 */
export const checkTopicId = ({ topic, topicId }: PartitionDefinition): E.Either<EngineFailure, void> =>
  isTopicId(topicId)
    ? E.right(undefined)
    : E.left(
        engineFailure(
          'invalid-topic',
          `topic '${topic}' has the id '${topicId}', which is none: 22 characters of URL-safe base64 that stand for 16 bytes`,
        ),
      )
