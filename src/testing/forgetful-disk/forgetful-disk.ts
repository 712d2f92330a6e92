import { type Storage, StorageError, type StorageFile } from '../../contracts/storage.ts'
import { systemSettle } from '../../millrace/system.ts'
import type { Choose } from './choose.ts'
import { type Forgotten, forget } from './forget.ts'
import {
  applyEntries,
  type Change,
  type Copies,
  copied,
  Directory,
  type Entries,
  File,
  settleDirectory,
} from './forgetful-files.ts'

/** What an operation changes, for it to be done still when that operation crashes. */
interface LastChange {
  readonly file: File
  readonly change: Change
}

/** Waits until what was written to `path` before the call is durable. */
export type Device = (path: string) => Promise<void>

interface Life {
  /** Throws where it is over. */
  readonly alive: (path: string) => void
  readonly device: Device
}

/** What ends an incarnation: the machine loses power, or the process is killed and the page cache stays. */
export type Crash = 'power' | 'kill'

/**
 * A disk that keeps apart what was written and what was made durable. When the power goes, each sector and each
 * directory entry that was not synced is there or not, in any combination; a killed process leaves a write torn at any
 * byte. It counts what changes it, so that it can be crashed at each.
 */
export class ForgetfulDisk {
  /** How many times something was written, synced, made, renamed or removed. */
  operations = 0
  /** The operation at which to crash, and how. */
  crashAt: number = Number.POSITIVE_INFINITY
  crash: Crash = 'power'
  /** Hears that {@link crashAt} has come, and to which path, before whoever called does. */
  onCrash: ((path: string) => void) | undefined
  /** From this operation on nothing more fits. */
  fullFrom: number = Number.POSITIVE_INFINITY
  /** The first sync from this operation on fails; what it was to make durable may be so or not. */
  failSyncAt: number = Number.POSITIVE_INFINITY
  /** Gets, at each operation, another disk that has crashed there; `crash` says how. */
  onOperation: ((crashed: ForgetfulDisk) => void) | undefined
  /** Hears what a loss of power has taken, when the next process begins. */
  onForgotten: ((forgotten: Forgotten) => void) | undefined
  #root = new Directory()
  #incarnation = 0
  #isDead = false
  readonly #choose: Choose

  /** `choose` says what is torn, and what is forgotten: nothing, for 0. */
  constructor(choose: Choose) {
    this.#choose = choose
  }

  /** Whether it has crashed. */
  get isDead(): boolean {
    return this.#isDead
  }

  /** Crashes now. */
  die(): void {
    this.#isDead = true
  }

  /** Another disk in the state of this one: what is done to one does nothing to the other. */
  fork(choose: Choose): ForgetfulDisk {
    return this.#fork(choose, new Map())
  }

  #fork(choose: Choose, copies: Copies): ForgetfulDisk {
    const fork = new ForgetfulDisk(choose)
    fork.#root = copied(this.#root, copies) as Directory
    fork.#incarnation = this.#incarnation
    fork.#isDead = this.#isDead
    fork.crash = this.crash
    fork.operations = this.operations
    return fork
  }

  /** What the next process finds; for `device` see {@link storage}. */
  restart(device?: Device): Storage {
    this.#incarnation++
    if (this.#isDead && this.crash === 'power')
      forget(this.#root, this.#choose, (forgotten) => this.onForgotten?.(forgotten))
    this.#isDead = false
    this.crashAt = Number.POSITIVE_INFINITY
    return this.storage(device)
  }

  /** Everything written is as good as synced: for a test that begins here. */
  settle(): void {
    settleDirectory(this.#root)
  }

  /** `device`: how long it takes to sync; a turn of the event loop where nothing is said. */
  storage(device: Device = systemSettle): Storage {
    const incarnation = this.#incarnation
    const alive = (path: string) => {
      if (this.#isDead || incarnation !== this.#incarnation) throw new StorageError('failed', path, `${path}: crashed`)
    }
    return {
      name: 'forgetful',
      list: (directory) => {
        alive(directory)
        const found = this.#find(directory)
        return found instanceof Directory ? [...found.cached.keys()].sort() : []
      },
      exists: (path) => {
        alive(path)
        return this.#find(path) !== undefined
      },
      open: (path, mode) => {
        alive(path)
        const found = this.#find(path)
        if (found instanceof File) return this.#open(path, found, { alive, device })
        if (mode !== 'create') throw new StorageError('missing', path, `${path} is missing`)
        const file = new File()
        this.#change(path, [[nameOf(path), file]])
        return this.#open(path, file, { alive, device })
      },
      makeDirectory: (path) => {
        alive(path)
        let at = ''
        for (const name of path.split('/')) {
          at = at === '' ? name : `${at}/${name}`
          if (this.#find(at) === undefined) this.#change(at, [[name, new Directory()]])
        }
      },
      rename: (from, to) => {
        alive(from)
        const found = this.#find(from)
        if (found === undefined) throw new StorageError('missing', from, `${from} is missing`)
        this.#change(to, [
          [nameOf(from), undefined],
          [nameOf(to), found],
        ])
      },
      remove: (path) => {
        alive(path)
        if (this.#find(path) !== undefined) this.#change(path, [[nameOf(path), undefined]])
      },
      syncDirectory: async (path) => {
        alive(path)
        this.#count(path)
        const found = this.#find(path)
        if (!(found instanceof Directory)) throw new StorageError('missing', path, `${path} is missing`)
        const end = found.pending.end
        await this.#synced(path, { alive, device })
        for (const changes of found.pending.upTo(end)) applyEntries(found.durable, changes)
      },
    }
  }

  #open(path: string, file: File, { alive, device }: Life): StorageFile {
    return {
      path,
      size: () => {
        alive(path)
        return file.cached.length
      },
      read: (target, position) => {
        alive(path)
        return file.cached.read(target, position)
      },
      write: (parts, position) => {
        alive(path)
        const bytes = Buffer.concat(parts)
        const torn = () => bytes.subarray(0, bytes.length - this.#choose(bytes.length + 1, 1))
        const change = (written: Uint8Array) => ({ _tag: 'write', bytes: written, position }) as const
        this.#count(path, () => ({ file, change: change(this.crash === 'kill' ? torn() : bytes) }))
        if (this.operations >= this.fullFrom) {
          this.#write(file, change(torn()))
          throw new StorageError('full', path, `cannot write ${path}: there is no room`)
        }
        this.#write(file, change(bytes))
      },
      truncate: (size) => {
        alive(path)
        this.#count(path)
        this.#write(file, { _tag: 'truncate', size })
      },
      sync: async () => {
        alive(path)
        this.#count(path)
        const end = file.pending.end
        await this.#synced(path, { alive, device })
        for (const change of file.pending.upTo(end)) file.durable.apply(change)
      },
      syncNow: () => {
        alive(path)
        this.#count(path)
        if (this.operations >= this.failSyncAt) this.#failSync(path)
        for (const change of file.pending.upTo()) file.durable.apply(change)
      },
      close: () => {},
    }
  }

  async #synced(path: string, { alive, device }: Life): Promise<void> {
    const number = this.operations
    await device(path)
    alive(path)
    if (number >= this.failSyncAt) this.#failSync(path)
  }

  #failSync(path: string): never {
    this.failSyncAt = Number.POSITIVE_INFINITY
    throw new StorageError('failed', path, `cannot sync ${path}: the device failed`)
  }

  /** `lastOf` is what the crashing operation still does. */
  #count(path: string, lastOf?: () => LastChange): void {
    this.operations++
    if (this.onOperation !== undefined) this.#forkCrashed(lastOf?.(), this.onOperation)
    if (this.operations < this.crashAt) return
    this.crashAt = Number.POSITIVE_INFINITY
    const last = lastOf?.()
    if (last !== undefined) this.#write(last.file, last.change)
    this.#isDead = true
    this.onCrash?.(path)
    throw new StorageError('failed', path, `${path}: crashed`)
  }

  #forkCrashed(last: LastChange | undefined, then: (crashed: ForgetfulDisk) => void): void {
    const copies: Copies = new Map()
    const fork = this.#fork(this.#choose, copies)
    // its name may be another by now, and a file without one is gone
    const file = last === undefined ? undefined : copies.get(last.file)
    if (last !== undefined && file instanceof File) fork.#write(file, last.change)
    fork.die()
    then(fork)
  }

  #write(file: File, change: Change): void {
    if (change._tag === 'write' && change.bytes.length === 0) return
    file.cached.apply(change)
    file.pending.add(change)
  }

  #change(path: string, changes: Entries): void {
    const parent = this.#find(parentOf(path))
    if (!(parent instanceof Directory)) throw new StorageError('missing', path, `${path} has no directory`)
    this.#count(path)
    applyEntries(parent.cached, changes)
    parent.pending.add(changes)
  }

  #find(path: string): File | Directory | undefined {
    let at: File | Directory | undefined = this.#root
    for (const name of path === '' ? [] : path.split('/'))
      at = at instanceof Directory ? at.cached.get(name) : undefined
    return at
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '')
