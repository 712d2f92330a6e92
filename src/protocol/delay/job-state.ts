import type { CommandSource } from '../../contracts/delayed.ts'

/** What came of a command, for whom it was of. Times in milliseconds since the epoch. */
export type JobAnswer =
  /** Of a schedule. `gen` names this scheduling of the id. */
  | { readonly _tag: 'scheduled'; readonly gen: number; readonly dueMs: number; readonly replaced: boolean }
  /** It waits; of a schedule that expected another one: nothing was done. */
  | { readonly _tag: 'pending'; readonly gen: number; readonly dueMs: number }
  | { readonly _tag: 'already-fired'; readonly gen: number; readonly dueMs: number }
  | { readonly _tag: 'cancelled' }
  | { readonly _tag: 'unknown' }

/** A command that was answered: the same once more is answered the same. */
export interface Answered {
  readonly command: string
  readonly answer: JobAnswer
}

/** How many answers are remembered for each id: of those who ask twice, since they did not hear. */
export const answersKept = 4

interface Known {
  readonly answered: readonly Answered[]
}

/** What is forgotten at a time. */
interface Passing extends Known {
  /** From then on it is as if nothing had been. */
  readonly untilMs: number
}

/**
 * One id. `undefined` where nothing is known of it.
 * - `pending`: its record waits at some place
 * - `fired`: its record is in the target
 * - `cancelled`: it was scheduled, and cancelled; by which record, where it was one
 * - `ahead`: a cancellation that came before what it cancels
 * - `asked`: there is nothing but answers
 */
export type JobState =
  | ({
      readonly _tag: 'pending'
      readonly gen: number
      readonly dueMs: number
      /** By what it comes again, and what it carries, where it does. */
      readonly series?: string | undefined
    } & Known)
  | ({ readonly _tag: 'fired'; readonly gen: number; readonly dueMs: number } & Passing)
  | ({ readonly _tag: 'cancelled'; readonly source: CommandSource | undefined } & Passing)
  | ({ readonly _tag: 'ahead'; readonly source: CommandSource } & Passing)
  | ({ readonly _tag: 'asked' } & Passing)

/** What is asked of a job. */
export type JobCommand = {
  /** The id of the command, where its sender wants an answer. */
  readonly command?: string | undefined
} & (
  | {
      readonly _tag: 'schedule'
      /** No other scheduling has it. */
      readonly gen: number
      readonly dueMs: number
      /** How long its tier waits, where it was scheduled for one. */
      readonly waitMs?: number | undefined
      readonly source?: CommandSource | undefined
      /** It comes again. The same that waits already goes on as it is. */
      readonly series?: string | undefined
      /** Only where this scheduling waits. */
      readonly expect?: number | undefined
    }
  | { readonly _tag: 'cancel'; readonly source?: CommandSource | undefined }
  | { readonly _tag: 'look' }
)

/** A record of a job that has waited at its place for as long as it should. */
export interface Surfaced {
  readonly _tag: 'surfaced'
  readonly gen: number
  readonly dueMs: number
  /** It comes from a rung of the ladder. */
  readonly isFromRung: boolean
  /** Something that is due then is still on its way: what is due later goes behind it. */
  readonly notBeyondMs: number
}
