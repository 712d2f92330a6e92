import type { Storage } from '../../src/contracts/storage.ts'

/** A storage whose syncs can be waited for, so that a virtual clock does not run ahead of a real disk. */
export interface WatchedStorage extends Storage {
  /** Answers once no sync is under way, and none has begun for a turn of the event loop. */
  readonly quiet: () => Promise<void>
}

export const watchedStorage = (storage: Storage): WatchedStorage => {
  const underWay = new Set<Promise<void>>()
  const watched = (sync: Promise<void>): Promise<void> => {
    const done = sync.then(
      () => undefined,
      () => undefined,
    )
    underWay.add(done)
    void done.then(() => underWay.delete(done))
    return sync
  }
  return {
    ...storage,
    open: (path, mode) => {
      const file = storage.open(path, mode)
      return {
        path: file.path,
        size: () => file.size(),
        read: (target, position) => file.read(target, position),
        write: (parts, position) => file.write(parts, position),
        truncate: (size) => file.truncate(size),
        sync: () => watched(file.sync()),
        syncNow: () => file.syncNow(),
        close: () => file.close(),
      }
    },
    syncDirectory: (directory) => watched(storage.syncDirectory(directory)),
    quiet: async () => {
      do {
        await Promise.all(underWay)
        await new Promise<void>((next) => setImmediate(next))
      } while (underWay.size > 0)
    },
  }
}
