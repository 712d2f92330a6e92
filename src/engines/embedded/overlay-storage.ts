import { type Storage, StorageError } from '../../contracts/storage.ts'
import { memoryFile } from '../../log/memory-file.ts'
import { OverlayBytes } from './overlay-bytes.ts'

/** A storage that can be thrown away. */
export interface OverlayStorage extends Storage {
  /** Gives back what it holds of the storage beneath. */
  readonly close: () => void
}

/**
 * `base` as it is, and whatever is written on top in memory: `base` never changes. What a file had when it was first
 * opened here is all that is seen of it; whoever else makes it longer is not noticed.
 */
export const overlayStorage = (base: Storage): OverlayStorage => {
  /** By path; `null` for what is removed here. */
  const files = new Map<string, OverlayBytes | null>()
  const directories = new Set<string>()

  const isRemoved = (path: string): boolean => {
    for (const [removed, bytes] of files)
      if (bytes === null && (path === removed || path.startsWith(`${removed}/`))) return true
    return false
  }
  const find = (path: string): OverlayBytes | undefined => {
    const known = files.get(path)
    if (known !== undefined) return known ?? undefined
    if (isRemoved(path) || !base.exists(path)) return undefined
    const found = new OverlayBytes(base.open(path, 'read'))
    files.set(path, found)
    return found
  }
  const missing = (path: string) => new StorageError('missing', path, `cannot open ${path}: there is no such file`)

  return {
    name: base.name,
    list: (directory) => {
      const prefix = directory === '' ? '' : `${directory}/`
      const here = [...files].flatMap(([path, bytes]) => (bytes === null ? [] : [path]))
      const names = [...here, ...directories].flatMap((path) => {
        const name = path.startsWith(prefix) ? path.slice(prefix.length).split('/')[0] : undefined
        return name === undefined || name === '' ? [] : [name]
      })
      const beneath = base.list(directory).filter((name) => !isRemoved(`${prefix}${name}`))
      return [...new Set([...beneath, ...names])].sort()
    },
    exists: (path) => {
      const known = files.get(path)
      if (known !== undefined) return known !== null
      return directories.has(path) || (!isRemoved(path) && base.exists(path))
    },
    open: (path, mode) => {
      const found = find(path)
      if (found !== undefined) return memoryFile(path, found)
      if (mode !== 'create') throw missing(path)
      const made = new OverlayBytes(undefined)
      files.set(path, made)
      return memoryFile(path, made)
    },
    makeDirectory: (directory) => {
      directories.add(directory)
    },
    rename: (from, to) => {
      const file = find(from)
      if (file === undefined) throw missing(from)
      files.set(from, null)
      files.set(to, file)
    },
    remove: (path) => {
      for (const [each, bytes] of [...files]) {
        if (each !== path && !each.startsWith(`${path}/`)) continue
        bytes?.close()
        files.delete(each)
      }
      for (const each of [...directories]) if (each === path || each.startsWith(`${path}/`)) directories.delete(each)
      if (base.exists(path)) files.set(path, null)
    },
    syncDirectory: () => Promise.resolve(),
    close: () => {
      for (const bytes of files.values()) bytes?.close()
    },
  }
}
