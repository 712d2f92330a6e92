import type { UnreadableRecord } from '../pipeline/attempt-errors.ts'
import type { RateText } from '../pipeline/rate.ts'
import type { RedriveTo } from './destinations.ts'

/** Which letters are meant: those that are all of what is said. */
export interface FindLetters {
  /** The pipeline that gave the record up. */
  readonly pipeline?: string
  /** The class of the error: `CardRefused`. */
  readonly error?: string
  /** What the reason has in it. */
  readonly reason?: string
  /** The topic in which the record was read. */
  readonly origin?: string
  /** The record's key, in bytes; text is UTF-8, and `null` means those without one. */
  readonly key?: string | Uint8Array | null
  /** Given up then or later, in milliseconds since the epoch. */
  readonly since?: number
  /** Given up before that. */
  readonly before?: number
  /** These alone, by their ids: `topic-partition-offset`. */
  readonly letters?: readonly string[]
}

/** How letters are listed. */
export interface ListLetters extends FindLetters {
  /** Hears of each record of the topic that is no letter, whatever is asked for; it is left out. */
  readonly onUnreadable?: (error: UnreadableRecord) => void
}

/** How letters are redriven. */
export interface RedriveOptions extends FindLetters {
  /** Who does it: it is written down with each record. */
  readonly by: string
  /**
   * - `lane`, where nothing is said: to the pipeline that gave it up, and to nobody else
   * - `origin`: to the topic in which it was read, where all see it who read that
   */
  readonly to?: RedriveTo
  /** Only says what would become of the letters. */
  readonly dryRun?: boolean
  /** How many records move at most. */
  readonly max?: number
  /** How often a record may come back in all; 3 where nothing is said. */
  readonly maxRedrives?: number
  /** How fast records move: `'100/s'`. */
  readonly rate?: RateText
  /** Ends it behind the transaction under way; the next redrive goes on there. */
  readonly signal?: AbortSignal
  /** Hears how many have moved so far, after each transaction. */
  readonly onMoved?: (moved: number) => void
}
