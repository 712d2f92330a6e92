import { base64 } from '../codec/base-64.ts'
import type { DeadLetter } from '../codec/dead-letter.ts'
import { redrivenTopic } from '../codec/redrive.ts'
import { utf8 } from '../codec/utf-8.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { settle } from '../contracts/settle.ts'
import { isAskedFor, type LetterFilter, letterId } from '../protocol/retry/redrive.ts'
import { checkFind, checkRedrive } from './check-letters.ts'
import type { FindLetters, ListLetters, RedriveOptions } from './find-letters.ts'
import { readNotes } from './moved-letters.ts'
import { readLetters } from './read-letters.ts'
import { redrive } from './redrive.ts'
import type { RedriveOutcome, RedriveParts } from './redrive-order.ts'

/** A letter, and where it lies. */
export interface Letter {
  /** `topic-partition-offset`. */
  readonly id: string
  readonly partition: number
  readonly offset: number
  /** When the record was given up, in milliseconds since the epoch. */
  readonly timestamp: number
  readonly letter: DeadLetter
  /** How often its record came back before it became this letter. */
  readonly redriven: number
  /** Whether its record was redriven from here. */
  readonly isMoved: boolean
}

/** The letters in a topic of dead letters: to look at, and to be sent on their way again. */
export interface Letters {
  /** Those that are meant, a partition's oldest first. What of the topic is no letter is left out. */
  readonly list: (find?: ListLetters) => AsyncIterableIterator<Letter>
  /**
   * Writes the records of letters once more, as they were, with the headers `millrace.redriven` (how often) and
   * `millrace.origin` (where it was read first) beside their own. The letters stay, and are not redriven again.
   *
   * **Guarantees** each letter's record moves once, over all redrives that there are, whatever dies: who moved it, where and
   * when is written to the topic `<letters>.redriven` in the same transaction. Records of a key keep their order.
   *
   * **Errors** `producer-fenced` where another redrive of these letters has begun, which goes on in place of this one.
   */
  readonly redrive: (options: RedriveOptions) => Promise<RedriveOutcome>
}

/** How often a record may come back where nothing is said: what failed so often again is no passing trouble. */
export const redrivesMaxDefault = 3

/** See {@link Letters}. */
export const lettersOf = (parts: RedriveParts): Letters => ({
  list: (find = {}) => {
    checkFind(`list of '${parts.letters.name}'`, find)
    return listLetters(parts, filterOf(find), find.onUnreadable ?? (() => undefined))
  },
  redrive: async (options) => {
    checkRedrive(`redrive of '${parts.letters.name}'`, options)
    const { by, to = 'lane', dryRun = false, max, maxRedrives, rate, signal, onMoved } = options
    return redrive(parts, {
      filter: filterOf(options),
      to,
      by,
      isDry: dryRun,
      max: max ?? Number.POSITIVE_INFINITY,
      redrivesMax: maxRedrives ?? redrivesMaxDefault,
      rate,
      signal,
      onMoved,
    })
  },
})

const filterOf = (find: FindLetters): LetterFilter => {
  const { pipeline, error, reason, origin, key, since, before, letters } = find
  return {
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
    ...(origin === undefined ? {} : { origin }),
    ...(key === undefined ? {} : { key: key === null ? null : base64(typeof key === 'string' ? utf8(key) : key) }),
    ...(since === undefined ? {} : { since }),
    ...(before === undefined ? {} : { before }),
    ...(letters === undefined ? {} : { letters: new Set(letters) }),
  }
}

async function* listLetters(
  parts: RedriveParts,
  filter: LetterFilter,
  onUnreadable: NonNullable<ListLetters['onUnreadable']>,
): AsyncGenerator<Letter, void, undefined> {
  const { engine, letters: topic, read } = parts
  const notes = redrivenTopic(topic.name).name
  const found = await settle(engine.topics.describe([topic.name, notes]))
  const there = found.find(({ name }) => name === topic.name)
  if (there === undefined)
    throw new MillraceError(engineFailure('unknown-topic', `there is no topic '${topic.name}' at ${engine.name}`))
  const noted = found.some(({ name }) => name === notes)
    ? await readNotes(read, there, { nowMs: parts.clock.now(), starts: [] })
    : undefined
  const from = filter.since === undefined ? {} : { from: { timestamp: filter.since } }
  for (let partition = 0; partition < there.partitions; partition++)
    for await (const letters of readLetters({ topic, partition, read, onUnreadable, ...from }))
      for (const one of letters) {
        if (!isAskedFor(filter, one)) continue
        const { offset, timestamp, letter, redriven } = one
        yield {
          id: letterId(one),
          partition,
          offset,
          timestamp,
          letter,
          redriven,
          isMoved: noted?.moved.has(one) ?? false,
        }
      }
}
