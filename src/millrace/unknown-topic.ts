import type { Engine } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'

/** What a call rejects with whose topic the engine does not have. */
export const unknownTopic = (engine: Engine, topic: string): MillraceError =>
  new MillraceError(
    engineFailure(
      'unknown-topic',
      `there is no topic '${topic}' at ${engine.name}: create it first, with millrace.create(topic)`,
    ),
  )
