import { type Storage, StorageError } from '../../src/contracts/storage.ts'

/** A storage that can be full. */
export interface FullStorage extends Storage {
  /** How many bytes may still be written; `Infinity` where nothing is said. */
  room: number
}

/** `storage` with so much room: a write that would need more leaves none of itself behind and throws `full`. */
export const fullStorage = (storage: Storage): FullStorage => {
  const limited: FullStorage = {
    ...storage,
    room: Number.POSITIVE_INFINITY,
    open: (path, mode) => {
      const file = storage.open(path, mode)
      return {
        path: file.path,
        size: () => file.size(),
        read: (target, position) => file.read(target, position),
        write: (parts, position) => {
          const end = position + parts.reduce((sum, part) => sum + part.length, 0)
          const more = Math.max(0, end - file.size())
          if (more > limited.room) throw new StorageError('full', path, `cannot write ${path}: no space left on device`)
          limited.room -= more
          file.write(parts, position)
        },
        truncate: (size) => file.truncate(size),
        sync: () => file.sync(),
        syncNow: () => file.syncNow(),
        close: () => file.close(),
      }
    },
  }
  return limited
}
