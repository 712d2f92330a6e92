import { redrivenTopic } from '../codec/redrive.ts'
import type { Engine } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { settle } from '../contracts/settle.ts'
import { missingOf } from './redrive-mutant.ts'
import type { RedriveOrder, RedriveOutcome, RedriveParts } from './redrive-order.ts'
import { Redriving } from './redriving.ts'

/** Nothing is waited for in a transaction. */
const transactionTimeoutMs = 15_000

/**
 * Writes the records of dead letters once more.
 *
 * **Guarantees** each letter's record moves once, over all redrives that there are: a record and the note that it moved
 * are one transaction, the notes are read before anything moves, and whoever begins ends all others first. The records of a
 * key keep their order, among those that move.
 *
 * **Errors** rejects with {@link MillraceError}; `producer-fenced` where another redrive of these letters has begun. What was
 * moved until then stays moved, and is not moved again by the next.
 */
export const redrive = async (parts: RedriveParts, order: RedriveOrder): Promise<RedriveOutcome> => {
  const { engine, letters, patiently } = parts
  const [topic] = await settle(engine.topics.describe([letters.name]))
  if (topic === undefined)
    throw new MillraceError(engineFailure('unknown-topic', `there is no topic '${letters.name}' at ${engine.name}`))
  const isNoted = await findNotes(engine, letters.name, order.isDry)
  if (order.isDry) return new Redriving(parts, order, topic, undefined).run(isNoted)
  const transactionalId = `redrive/${letters.name}${missingOf(letters) === 'not-alone' ? parts.clock.now() : ''}`
  const transactions = { transactionalId, timeoutMs: transactionTimeoutMs }
  const producer = await patiently(engine.transactions(transactions), true)
  try {
    return await new Redriving(parts, order, topic, producer).run(isNoted)
  } catch (error) {
    // what is uncertain is decided by whoever takes the id over
    const isDecided = !(error instanceof MillraceError && (error.kind === 'fatal' || error.kind === 'indeterminate'))
    if (isDecided) await producer.abort()()
    throw saidOfRedrives(error, letters.name)
  } finally {
    await producer.close()()
  }
}

/** Whether there are notes; they are begun where something is to be noted. */
const findNotes = async (engine: Engine, letters: string, isDry: boolean): Promise<boolean> => {
  const { name, partitions, config } = redrivenTopic(letters)
  if ((await settle(engine.topics.describe([name]))).length > 0) return true
  if (isDry) return false
  const made = await engine.topics.create({ name, partitions, config })()
  if (made._tag === 'Left' && made.left.code !== 'topic-exists') throw new MillraceError(made.left)
  return true
}

const fenced: readonly unknown[] = ['producer-fenced', 'invalid-producer-epoch']

const saidOfRedrives = (error: unknown, letters: string): unknown =>
  error instanceof MillraceError && fenced.includes(error.code)
    ? new MillraceError(
        engineFailure(
          'producer-fenced',
          `another redrive of '${letters}' has begun, which ended this one: what was moved stays moved; wait for that one, then look what is left`,
          error,
        ),
      )
    : error
