/**
 * Where the log keeps its bytes: a disk, memory, or a virtual disk that forgets.
 *
 * Reads and writes are synchronous: they move bytes to and from the page cache, which costs less than
 * a trip through a thread pool. What waits for the device, {@link StorageFile.sync}, is a promise;
 * {@link StorageFile.syncNow} is for a device that is quicker than that.
 * Paths are relative to the storage's root, with `/` between the names. What fails throws {@link StorageError}.
 */
export interface Storage {
  /** For messages: the directory's path, or `memory`. */
  readonly name: string
  /** The names in a directory, sorted; empty where there is none. */
  readonly list: (directory: string) => readonly string[]
  readonly exists: (path: string) => boolean
  /** `create` makes the file and needs its directory; without it a missing file is an error. */
  readonly open: (path: string, mode: 'read' | 'write' | 'create') => StorageFile
  /** Makes a directory and those above it; one that is there already is fine. */
  readonly makeDirectory: (directory: string) => void
  /** Atomic, replacing what is at `to`; durable once {@link syncDirectory} has answered. */
  readonly rename: (from: string, to: string) => void
  /** Removes a file, or a directory with all in it; one that is missing is fine. */
  readonly remove: (path: string) => void
  /** Makes the directory's own entries durable: creations, renames, removals. */
  readonly syncDirectory: (directory: string) => Promise<void>
}

export interface StorageFile {
  readonly path: string
  /** Bytes. */
  readonly size: () => number
  /** Fills `target` from `position` and answers how many bytes there were. */
  readonly read: (target: Uint8Array, position: number) => number
  /** Writes all of `parts` one after the other at `position`, or throws; a torn write may leave some of it. */
  readonly write: (parts: readonly Uint8Array[], position: number) => void
  readonly truncate: (size: number) => void
  /**
   * Resolves once all that was written before the call survives a power loss; rejects with {@link StorageError}, which is
   * never `full`: what a sync that failed was to make durable may be gone, whatever made it fail.
   */
  readonly sync: () => Promise<void>
  /** The same, and holds up everything until then: throws {@link StorageError}. */
  readonly syncNow: () => void
  readonly close: () => void
}

/** A directory of this machine where pipelines keep copies of their state, beside the changelogs that have all of it. */
export interface StateDirectory {
  readonly storage: Storage
  /** Where it is, for those who open files by themselves; none where it is no directory of the file system. */
  readonly path?: string
}

export type StorageErrorCode = 'full' | 'denied' | 'missing' | 'failed'

/** An operation of the storage that failed: `full` may go away, the rest needs somebody. */
export class StorageError extends Error {
  readonly _tag = 'StorageError'
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode
  readonly path: string
  constructor(code: StorageErrorCode, path: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
    this.path = path
  }
}
