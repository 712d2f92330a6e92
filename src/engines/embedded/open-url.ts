import type { Clock } from '../../contracts/clock.ts'
import type { Call, Engine } from '../../contracts/engine.ts'
import type { Random } from '../../contracts/random.ts'
import type { Durability } from '../../log/checkpoint-record.ts'
import { diskStorage } from '../../log/disk-storage.ts'
import { memoryStorage } from '../../log/memory-storage.ts'
import { openEmbedded } from './engine.ts'
import { isOwned, ownerLock } from './owner-lock.ts'
import { openReadOnly } from './read-only-engine.ts'

export interface FileEngineOptions {
  /** For messages: the URL it was asked for by. */
  readonly name: string
  /** The directory; made where it is missing. */
  readonly path: string
  readonly durability: Durability
  /** Reads what another process may be writing, and writes nothing. */
  readonly readOnly: boolean
  readonly clock: Clock
  readonly random: Random
}

/** The embedded engine on a directory of this machine. */
export const fileEngine = ({ path, readOnly, ...options }: FileEngineOptions): Call<Engine> => {
  const storage = diskStorage(path)
  if (readOnly) return openReadOnly({ ...options, storage, isOwned: () => isOwned({ path, storage }) })
  const lock = ownerLock({ path, storage, pid: process.pid })
  return openEmbedded({ ...options, storage, lock, persistent: true, path })
}

/** The embedded engine in memory: the same code, gone with the process. */
export const memoryEngine = (options: Pick<FileEngineOptions, 'name' | 'clock' | 'random'>): Call<Engine> =>
  openEmbedded({ ...options, storage: memoryStorage(), durability: 'process', persistent: false })
