import { type Storage, StorageError, type StorageFile } from '../../src/contracts/storage.ts'

/** How long a disk that has become full stays so, in writes. */
const fullForMost = 12

/** `storage`, whose disk is full at random writes, for one in `every` of them and some that follow: a part of such a write may be there. */
export const fullNowAndThen = (storage: Storage, random: () => number, every: number): Storage => {
  let fullFor = 0
  const isFull = (): boolean => {
    if (fullFor === 0 && random() * every < 1) fullFor = 1 + Math.floor(random() * fullForMost)
    if (fullFor > 0) fullFor--
    return fullFor > 0
  }
  const limited = (file: StorageFile): StorageFile => ({
    path: file.path,
    size: () => file.size(),
    read: (target, position) => file.read(target, position),
    write: (parts, position) => {
      if (!isFull()) return file.write(parts, position)
      const bytes = Buffer.concat(parts)
      file.write([bytes.subarray(0, Math.floor(random() * bytes.length))], position)
      throw new StorageError('full', file.path, `cannot write ${file.path}: no space left on device`)
    },
    truncate: (size) => file.truncate(size),
    sync: () => file.sync(),
    syncNow: () => file.syncNow(),
    close: () => file.close(),
  })
  return { ...storage, open: (path, mode) => limited(storage.open(path, mode)) }
}
