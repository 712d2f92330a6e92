import type { Storage } from '../contracts/storage.ts'

/** The directory `directory` of `storage`, as a storage of its own. */
export const storageWithin = (storage: Storage, directory: string): Storage => {
  const at = (path: string): string => (path === '' ? directory : `${directory}/${path}`)
  return {
    name: `${storage.name}/${directory}`,
    list: (path) => storage.list(at(path)),
    exists: (path) => storage.exists(at(path)),
    open: (path, mode) => storage.open(at(path), mode),
    makeDirectory: (path) => storage.makeDirectory(at(path)),
    rename: (from, to) => storage.rename(at(from), at(to)),
    remove: (path) => storage.remove(at(path)),
    syncDirectory: (path) => storage.syncDirectory(at(path)),
  }
}
