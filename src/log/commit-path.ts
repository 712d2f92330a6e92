import * as E from 'fp-ts/lib/Either.js'
import type { Answer } from './deferred.ts'
import type { JournalEntry } from './journal-frame.ts'
import type { LogSet } from './log-set.ts'
import type { PartitionLog } from './partition-log.ts'
import type { StagedEntry } from './staged-entry.ts'

/** Something staged, in its place among everything staged. */
export interface Queued extends JournalEntry {
  readonly of: PartitionLog
  readonly change: StagedEntry | { readonly _tag: 'created' }
}

/** The way from what is staged to what is durable, as a mode has it, and readable. */
export interface CommitPath {
  /** Hears of everything staged, in all partitions, in order. */
  readonly enqueue: (queued: Queued) => void
  /** Answers once everything staged before the call is through. Never rejects. */
  readonly commit: () => Promise<Answer>
  /** There was no room, and somebody wants to write: gives it another try. */
  readonly retry: () => void
  /** Takes a checkpoint that holds up nobody who writes for long. Rejects with what the storage throws. */
  readonly checkpoint: () => Promise<void>
  /** No more checkpoints; answers once nothing goes on in the background. */
  readonly quiet: () => Promise<void>
  /** Everything staged is applied. */
  readonly isSettled: boolean
  /** Something is durable that the segments do not have: the journal must stay as it is. */
  readonly isBehind: boolean
}

export const done: Answer = E.right(undefined)
export const answered: Promise<Answer> = Promise.resolve(done)

/** Who applies what is staged. */
export interface Appliers {
  readonly logs: LogSet
  /** Hears that more of a partition may be read. */
  readonly onApplied: ((log: PartitionLog) => void) | undefined
}

/** Applies the next `staged` of what is staged of a partition, which may be deleted. Throws what the storage throws. */
export const applyTo = ({ logs, onApplied }: Appliers, log: PartitionLog, staged: number): void => {
  if (staged === 0 || logs.isRemoved(log)) return
  log.apply(staged)
  onApplied?.(log)
}
