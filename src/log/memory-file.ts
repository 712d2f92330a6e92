import type { StorageFile } from '../contracts/storage.ts'

/** The bytes of a file, kept in memory; as a {@link StorageFile} has them. */
export interface FileBytes {
  readonly size: number
  readonly read: (target: Uint8Array, position: number) => number
  readonly write: (bytes: Uint8Array, position: number) => void
  readonly truncate: (size: number) => void
}

/** A file whose bytes outlive it, and that nothing can make more durable than they are. */
export const memoryFile = (path: string, bytes: FileBytes): StorageFile => ({
  path,
  size: () => bytes.size,
  read: (target, position) => bytes.read(target, position),
  write: (parts, position) => {
    let at = position
    for (const part of parts) {
      bytes.write(part, at)
      at += part.length
    }
  },
  truncate: (size) => bytes.truncate(size),
  sync: () => Promise.resolve(),
  syncNow: () => {},
  close: () => {},
})
