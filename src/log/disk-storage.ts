import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { type Storage, StorageError, type StorageErrorCode, type StorageFile } from '../contracts/storage.ts'

/** What POSIX takes in one writev at the least. */
const partsMax = 1024

const codes: Readonly<Record<string, StorageErrorCode>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOENT: 'missing',
}

const storageError = (action: string, path: string, cause: unknown): StorageError => {
  const { code = '', message = String(cause) } = cause as NodeJS.ErrnoException
  // what a sync found no room for may be lost by now, and another one would not say so
  const kind = action === 'sync' ? 'failed' : (codes[code] ?? 'failed')
  return new StorageError(kind, path, `cannot ${action} ${path}: ${message}`, cause)
}

const attempt = <A>(action: string, path: string, work: () => A): A => {
  try {
    return work()
  } catch (error) {
    throw storageError(action, path, error)
  }
}

const flags = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
} as const

/** A {@link Storage} in the directory `root` of this machine's disk. Makes nothing before it is asked to. */
export const diskStorage = (root: string): Storage => {
  const at = (path: string) => join(root, path)
  return {
    name: root,
    list: (directory) =>
      attempt('list', at(directory), () => (fs.existsSync(at(directory)) ? fs.readdirSync(at(directory)).sort() : [])),
    exists: (path) => fs.existsSync(at(path)),
    open: (path, mode) => new DiskFile(at(path), mode),
    makeDirectory: (directory) => {
      attempt('make directory', at(directory), () => makeDirectory(at(directory)))
    },
    rename: (from, to) => attempt('rename', at(from), () => fs.renameSync(at(from), at(to))),
    remove: (path) => attempt('remove', at(path), () => fs.rmSync(at(path), { recursive: true, force: true })),
    syncDirectory: (directory) => syncDirectory(at(directory)),
  }
}

/** Those above it too. Node's own way never returns where a directory that is there says ENOENT, as those of /proc do. */
const makeDirectory = (path: string): void => {
  if (isDirectory(path)) return
  if (!fs.existsSync(dirname(path))) makeDirectory(dirname(path))
  try {
    fs.mkdirSync(path)
  } catch (error) {
    // another process may have been quicker
    if (!isDirectory(path)) throw error
  }
}

const isDirectory = (path: string): boolean => fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Windows has no such thing, and makes entries durable by itself. */
const syncDirectory = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return
  const fd = attempt('open', path, () => fs.openSync(path, flags.read))
  try {
    await waitFor('sync', path, (done) => fs.fsync(fd, done))
  } finally {
    fs.closeSync(fd)
  }
}

const waitFor = (action: string, path: string, start: (done: fs.NoParamCallback) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    start((error) => (error ? reject(storageError(action, path, error)) : resolve()))
  })

class DiskFile implements StorageFile {
  readonly path: string
  readonly #fd: number
  #syncs = 0
  #closing = false

  constructor(path: string, mode: keyof typeof flags) {
    this.path = path
    this.#fd = attempt('open', path, () => fs.openSync(path, flags[mode], 0o644))
  }

  size(): number {
    return attempt('measure', this.path, () => fs.fstatSync(this.#fd).size)
  }

  read(target: Uint8Array, position: number): number {
    return attempt('read', this.path, () => {
      let filled = 0
      while (filled < target.length) {
        const count = fs.readSync(this.#fd, target, filled, target.length - filled, position + filled)
        if (count === 0) break
        filled += count
      }
      return filled
    })
  }

  write(parts: readonly Uint8Array[], position: number): void {
    attempt('write', this.path, () => {
      const [only] = parts
      if (parts.length === 1 && only !== undefined) return writeAll(this.#fd, only, position)
      let at = position
      for (let from = 0; from < parts.length; from += partsMax) {
        at += writeSome(this.#fd, parts.slice(from, from + partsMax), at)
      }
    })
  }

  truncate(size: number): void {
    attempt('truncate', this.path, () => fs.ftruncateSync(this.#fd, size))
  }

  async sync(): Promise<void> {
    this.#syncs++
    try {
      await waitFor('sync', this.path, (done) => fs.fdatasync(this.#fd, done))
    } finally {
      this.#syncs--
      if (this.#closing && this.#syncs === 0) fs.closeSync(this.#fd)
    }
  }

  syncNow(): void {
    attempt('sync', this.path, () => fs.fdatasyncSync(this.#fd))
  }

  /** A sync that is under way still has its file: the descriptor goes when it is done. */
  close(): void {
    if (this.#closing) return
    this.#closing = true
    if (this.#syncs === 0) attempt('close', this.path, () => fs.closeSync(this.#fd))
  }
}

const writeAll = (fd: number, bytes: Uint8Array, position: number): void => {
  let written = 0
  while (written < bytes.length) {
    written += fs.writeSync(fd, bytes, written, bytes.length - written, position + written)
  }
}

/** A write may stop short, on a disk that is nearly full: the rest goes part by part, and says why. */
const writeSome = (fd: number, parts: readonly Uint8Array[], position: number): number => {
  let skip = fs.writevSync(fd, parts, position)
  let at = position
  for (const part of parts) {
    const done = Math.min(skip, part.length)
    skip -= done
    if (done < part.length) writeAll(fd, part.subarray(done), at + done)
    at += part.length
  }
  return at - position
}
