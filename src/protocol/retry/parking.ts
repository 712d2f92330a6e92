import type { Token } from './headers.ts'
import type { History } from './history.ts'

/**
 * A key of which a record failed and waits: with all that came behind it, in order, under numbers in a row.
 *
 * It has exactly one live {@link Token}, for its first record as it stands. One that is closed was given up as a whole, and
 * so is what comes of it later.
 */
export interface ParkedKey {
  /** The number of its first record. */
  readonly first: number
  /** The number of the next that comes; the same where none is left, as a closed key may have it. */
  readonly next: number
  /** The id of the first. */
  readonly head: string
  /** How often that one was tried, and put off. */
  readonly attempts: number
  /** When that one failed first, in ms since the epoch. */
  readonly firstFailedAtMs?: number | undefined
  /** When the token is due, in ms since the epoch. */
  readonly dueAtMs: number
  readonly isClosed: boolean
  /** When it was parked, in ms since the epoch; where it was not noted, nobody knows. */
  readonly sinceMs?: number | undefined
}

/** A key whose record `head` has failed, the first of its key to do so. */
export const parkFirst = (head: string, { attempts, firstFailedAtMs }: History, dueAtMs: number): ParkedKey => ({
  first: 0,
  next: 1,
  head,
  attempts,
  firstFailedAtMs,
  dueAtMs,
  isClosed: false,
  sinceMs: firstFailedAtMs,
})

/** A key that was given up, and of which nothing waits. */
export const closedKey: ParkedKey = { first: 0, next: 0, head: '', attempts: 0, dueAtMs: 0, isClosed: true }

/** What becomes of a record when its turn comes, before it runs. */
export type Turn = 'runs' | 'waits-behind' | 'is-given-up' | 'opens'

/**
 * Whether a record may run whose predecessors have been decided about. One that comes back from the dead letters opens a
 * key that was given up.
 */
export const turnOf = (key: ParkedKey | undefined, isRedriven: boolean): Turn => {
  if (key === undefined) return 'runs'
  if (waitingOf(key) > 0) return 'waits-behind'
  return isRedriven ? 'opens' : 'is-given-up'
}

/** How many records of it wait. */
export const waitingOf = ({ first, next }: ParkedKey): number => next - first

/** One more behind the others, under the number that was `next`. */
export const queuedBehind = (key: ParkedKey): ParkedKey => ({ ...key, next: key.next + 1 })

/** Whether a token is the live one; any other has nothing to say. */
export const isLive = (key: ParkedKey | undefined, token: Token): key is ParkedKey =>
  key !== undefined && waitingOf(key) > 0 && key.head === token.head && key.attempts === token.attempts

/** Its first record failed once more. */
export const putOffAgain = (key: ParkedKey, dueAtMs: number, firstFailedAtMs: number | undefined): ParkedKey => ({
  ...key,
  attempts: key.attempts + 1,
  firstFailedAtMs,
  dueAtMs,
})

/** Its first record was given up, and with it all others: they are decided about like that one. */
export const closed = (key: ParkedKey): ParkedKey => ({ ...key, isClosed: true })

/** A record that becomes the first, with what happened to it before it came behind others. */
export interface Head {
  readonly id: string
  readonly history: History
}

/**
 * Its first record is decided about: the one behind, `head`, is the first now. `undefined` where nothing is left to
 * remember of the key.
 */
export const firstSettled = (key: ParkedKey, head: Head | undefined): ParkedKey | undefined => {
  if (head !== undefined) return { ...key, first: key.first + 1, head: head.id, ...head.history }
  return key.isClosed ? closedKey : undefined
}

/** Its first record may go at once: for where a drain stops short. */
export const dueNow = (key: ParkedKey, nowMs: number): ParkedKey => ({ ...key, dueAtMs: nowMs })

/** The live token. */
export const liveToken = ({ head, attempts }: ParkedKey): Token => ({ head, attempts })

/** How many records of a key one drain takes; and how long it may go on, so that what is behind it is not held up. */
export const drainRecordsMax = 100
export const drainMs = 100

/** Whether a drain that has settled so many goes on to the next. */
export const drainsOn = (settled: number, sinceMs: number): boolean => settled < drainRecordsMax && sinceMs < drainMs
