import type { Position } from '../../contracts/position.ts'

/** What of a dead letter says whether, and where, its record goes. Its position is the letter's own. */
export interface LetterFacts extends Position {
  /** When the record was given up, in ms since the epoch. */
  readonly timestamp: number
  /** The key of the record, in base64; `null` where it has none. */
  readonly key: string | null
  readonly pipeline: string
  /** The class of the error. */
  readonly error: string
  readonly reason: string
  /** Where the record was read. */
  readonly origin: Position
  /** How often the record came back from dead letters before it became this one. */
  readonly redriven: number
}

/** Which letters are meant: those that are all of this. What is left out is not asked for. */
export interface LetterFilter {
  readonly pipeline?: string
  /** The class of the error: `CardRefused`. */
  readonly error?: string
  /** What its reason has in it. */
  readonly reason?: string
  /** The topic in which the record was read. */
  readonly origin?: string
  /** The key of the record, in base64; `null` for those that have none. */
  readonly key?: string | null
  /** Given up then or later, in ms since the epoch. */
  readonly since?: number
  /** Given up before that. */
  readonly before?: number
  /** These alone, by their ids: `topic-partition-offset`. */
  readonly letters?: ReadonlySet<string>
}

export const isAskedFor = (filter: LetterFilter, letter: LetterFacts): boolean => {
  const { pipeline, error, reason, origin, key, since, before, letters } = filter
  return (
    (pipeline === undefined || pipeline === letter.pipeline) &&
    (error === undefined || error === letter.error) &&
    (reason === undefined || letter.reason.includes(reason)) &&
    (origin === undefined || origin === letter.origin.topic) &&
    (key === undefined || key === letter.key) &&
    (since === undefined || since <= letter.timestamp) &&
    (before === undefined || letter.timestamp < before) &&
    (letters === undefined || letters.has(letterId(letter)))
  )
}

/** What a letter is called: as every record, by its place. */
export const letterId = ({ topic, partition, offset }: Position): string => `${topic}-${partition}-${offset}`

/**
 * What becomes of a letter in a redrive:
 * - `moves`: its record is written once more, where it goes on
 * - `not-asked-for`: the filter leaves it out
 * - `moved-before`: that was done already
 * - `past-its-limit`: its record came back so often that it is left here
 * - `beyond-max`: there are enough of them
 */
export type Fate = 'moves' | 'not-asked-for' | 'moved-before' | 'past-its-limit' | 'beyond-max'

export interface RedriveRules {
  readonly filter: LetterFilter
  /** How often a record may come back. */
  readonly redrivesMax: number
  /** How many records move in all. */
  readonly max: number
}

/** What is known when it is the turn of a letter. */
export interface SoFar {
  /** Whether this letter's record was moved, by whomever. */
  readonly isMoved: boolean
  /** How many have moved in this redrive. */
  readonly moved: number
}

/**
 * What becomes of `letter`.
 *
 * **Guarantees** who asks with what is committed finds each letter `moves` once, over all redrives, whatever they are
 * asked for, and however they end: what moved is noted where it moved.
 */
export const fateOf = ({ filter, redrivesMax, max }: RedriveRules, letter: LetterFacts, soFar: SoFar): Fate => {
  if (!isAskedFor(filter, letter)) return 'not-asked-for'
  if (soFar.isMoved) return 'moved-before'
  if (letter.redriven >= redrivesMax) return 'past-its-limit'
  return soFar.moved >= max ? 'beyond-max' : 'moves'
}
