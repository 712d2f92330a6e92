import type { Engine } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'

/** What a call rejects with whose topic the engine does not have. */
export const unknownTopic = (engine: Engine, topic: string): MillraceError =>
  new MillraceError(engineFailure('unknown-topic', `there is no topic '${topic}' (${engine.name}): ${wayOut(engine)}`))

/** Where topics cannot be changed, they are somebody else's to create. */
const wayOut = ({ features: { grow } }: Engine): string =>
  grow === true
    ? 'create it first, with millrace.create(topic)'
    : `its owner has not created it (yet), and ${grow}: try again once it has`
