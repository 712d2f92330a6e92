import type { Durability } from '../../../log/checkpoint-record.ts'

/** How a machine is built on which a program runs over the embedded engine. */
export interface MachineOptions {
  /** What an acknowledgement survives, as `connect` takes it. */
  readonly durability: Durability
  /** How large each of the two files of the journal becomes: small, so that a run takes them in turn. */
  readonly journalBytes: number
  /** Wrong on purpose, to see that the checks find it. */
  readonly mutants: readonly MachineMutant[]
}

/** What is broken on purpose: each must be found by the properties, or they are not worth much. */
export type MachineMutant =
  /** What is acknowledged is not synced: `process` sold as `power`. */
  | 'acks-before-sync'
  /** The disk says that it has synced a file, and has not. */
  | 'sync-lies'
  /** Only of the journal. */
  | 'journal-unsynced'
  /** Only of all other files: segments and what belongs to them, the catalog. */
  | 'files-unsynced'
  /** Only of directories: what was made or renamed there. */
  | 'directories-unsynced'

export const defaultMachine: MachineOptions = { durability: 'power', journalBytes: 64 * 1024, mutants: [] }
