import type { MachineMutant } from '../../src/testing/index.ts'
import type { Planted } from './mutants.ts'
import { onDisk } from './programs/on-disk.ts'
import { copy } from './programs/pipelines.ts'

/** What is not synced, and what shows it. */
const broken: readonly (readonly [MachineMutant, Planted['breaks']])[] = [
  ['acks-before-sync', 'acknowledged-lost'],
  ['acks-before-sync', 'committed-offset-lost'],
  ['sync-lies', 'not-opened'],
  ['journal-unsynced', 'not-opened'],
  ['files-unsynced', 'not-opened'],
  ['directories-unsynced', 'topic-lost'],
]

/** Every sync that can be left out of the embedded engine, or of its disk. */
export const diskMutants: readonly Planted[] = broken.map(([name, breaks]) => ({
  name,
  breaks,
  program: onDisk(copy, { mutants: [name] }),
  faults: ['power-loss'],
  runs: 40,
  isCheap: true,
}))
