import { type Storage, StorageError } from '../contracts/storage.ts'
import { MemoryBytes } from './memory-bytes.ts'
import { memoryFile } from './memory-file.ts'

/** A {@link Storage} that lives as long as the process: for `memory:` engines and for tests. */
export const memoryStorage = (name = 'memory'): Storage => {
  const files = new Map<string, MemoryBytes>()
  const directories = new Set<string>([''])

  const missing = (path: string) =>
    new StorageError('missing', path, `cannot open ${name}/${path}: there is no such file`)

  return {
    name,
    list: (directory) => {
      const prefix = directory === '' ? '' : `${directory}/`
      const names = [...files.keys(), ...directories]
        .filter((path) => path !== '' && path.startsWith(prefix))
        .map((path) => path.slice(prefix.length).split('/')[0] ?? '')
      return [...new Set(names)].sort()
    },
    exists: (path) => files.has(path) || directories.has(path),
    open: (path, mode) => {
      const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
      const found = files.get(path)
      if (found !== undefined) return memoryFile(path, found)
      if (mode !== 'create' || !directories.has(parent)) throw missing(path)
      const made = new MemoryBytes()
      files.set(path, made)
      return memoryFile(path, made)
    },
    makeDirectory: (directory) => {
      const names = directory.split('/')
      for (const [at] of names.entries()) directories.add(names.slice(0, at + 1).join('/'))
    },
    rename: (from, to) => {
      const file = files.get(from)
      if (file === undefined && !directories.has(from)) throw missing(from)
      if (file !== undefined) {
        files.delete(from)
        files.set(to, file)
        return
      }
      for (const [path, inside] of [...files].filter(([path]) => path.startsWith(`${from}/`))) {
        files.delete(path)
        files.set(to + path.slice(from.length), inside)
      }
      for (const path of [...directories].filter((path) => path === from || path.startsWith(`${from}/`))) {
        directories.delete(path)
        directories.add(to + path.slice(from.length))
      }
    },
    remove: (path) => {
      for (const each of [...files.keys()]) if (each === path || each.startsWith(`${path}/`)) files.delete(each)
      for (const each of [...directories]) if (each === path || each.startsWith(`${path}/`)) directories.delete(each)
    },
    syncDirectory: () => Promise.resolve(),
  }
}
