import type { Storage, StorageFile } from '../../../contracts/storage.ts'
import type { Process } from '../../../engines/simulated/world/process.ts'
import type { World } from '../../../engines/simulated/world/world.ts'
import type { Forgotten } from '../../forgetful-disk/forget.ts'
import { type Crash, ForgetfulDisk } from '../../forgetful-disk/forgetful-disk.ts'
import { DiskTrace } from './disk-trace.ts'
import type { MachineMutant } from './machine-options.ts'

/** How long a sync takes, in milliseconds: by choice. */
const syncsMs = [0.2, 1, 5, 40] as const
const slowSyncChance = 0.2

/** Something is to end the process at one of its operations. */
interface Armed {
  readonly how: Crash
  /** Counted over all that the disk was ever asked to do. */
  readonly at: number
  readonly struck: (path: string) => void
}

/** The disk of a machine, on the world's time. What a loss of power leaves of it is the world's choice. */
export class MachineDisk {
  readonly #world: World
  readonly #mutants: ReadonlySet<MachineMutant>
  readonly #disk: ForgetfulDisk
  readonly #trace: DiskTrace
  readonly #forgotten: Forgotten[] = []
  #armed: Armed | undefined
  #full = 0
  /** Hears that a loss of power has taken something, or nothing. */
  lost: ((forgotten: readonly Forgotten[]) => void) | undefined

  constructor(world: World, mutants: readonly MachineMutant[]) {
    this.#world = world
    this.#mutants = new Set(mutants)
    this.#trace = new DiskTrace(world)
    this.#disk = new ForgetfulDisk((options, chance) => world.choices.pick('disk', options, chance))
    this.#disk.onForgotten = (forgotten) => this.#forgotten.push(forgotten)
  }

  /** What `process` finds: whoever was there before can do nothing any more. */
  begin(process: Process): Storage {
    const wasLoss = this.#disk.isDead && this.#disk.crash === 'power'
    const sync = () => this.#wait(process)
    const storage = this.#disk.restart(sync)
    if (wasLoss) this.lost?.(this.#forgotten.splice(0))
    this.#load()
    return this.#seen(storage, process)
  }

  /** Nothing more is done for the process that had it; without power what was not synced may be gone. */
  end(how: Crash): void {
    const isWorse = how === 'power' || !this.#disk.isDead
    if (isWorse) this.#disk.crash = how
    this.#disk.die()
  }

  /** Ends it so many operations (at least 1) from now on, in the middle of one, and calls `struck` with its path. The answer takes it back. */
  endAt(how: Crash, operations: number, struck: Armed['struck']): () => void {
    const armed: Armed = { how, at: this.#disk.operations + operations, struck }
    this.#armed = armed
    this.#load()
    return () => {
      if (this.#armed !== armed) return
      this.#armed = undefined
      this.#load()
    }
  }

  /** Nothing more fits. The answer makes room again. */
  fill(): () => void {
    this.#full++
    this.#load()
    return () => {
      this.#full--
      this.#load()
    }
  }

  #load(): void {
    const disk = this.#disk
    disk.fullFrom = this.#full > 0 ? 0 : Number.POSITIVE_INFINITY
    disk.crashAt = this.#armed?.at ?? Number.POSITIVE_INFINITY
    // of a process that is dead already it is not changed how it died
    if (this.#armed !== undefined && !disk.isDead) disk.crash = this.#armed.how
    disk.onCrash = (path) => {
      const armed = this.#armed
      this.#armed = undefined
      armed?.struck(path)
    }
  }

  #wait(process: Process): Promise<void> {
    const slow = this.#world.choices.pick('disk', syncsMs.length, slowSyncChance)
    return new Promise((resolve) => void this.#world.after(process, syncsMs[slow] ?? 0, 'sync', resolve))
  }

  #seen(storage: Storage, process: Process): Storage {
    const trace = this.#trace
    const liesOfDirectories = this.#mutants.has('directories-unsynced')
    return {
      ...storage,
      name: 'the disk',
      open: (path, mode) => {
        if (mode === 'create' && !storage.exists(path)) trace.did(process, 'create', path)
        return this.#seenFile(storage.open(path, mode), process)
      },
      rename: (from, to) => {
        trace.did(process, 'rename', `${from} to ${to}`)
        storage.rename(from, to)
      },
      remove: (path) => {
        trace.did(process, 'remove', path)
        storage.remove(path)
      },
      syncDirectory: (path) =>
        trace.asked(process, 'sync', path === '' ? 'the directory' : path, () =>
          liesOfDirectories ? this.#wait(process) : storage.syncDirectory(path),
        ),
    }
  }

  #seenFile(file: StorageFile, process: Process): StorageFile {
    const trace = this.#trace
    const { path } = file
    const lies = this.#liesOf(path)
    return {
      path,
      size: () => file.size(),
      read: (target, position) => file.read(target, position),
      write: (parts, position) => {
        trace.wrote(process, path, parts, position)
        file.write(parts, position)
      },
      truncate: (size) => {
        trace.did(process, 'truncate', `${path} to ${size}`)
        file.truncate(size)
      },
      sync: () => trace.asked(process, 'sync', path, () => (lies ? this.#wait(process) : file.sync())),
      syncNow: () => {
        trace.did(process, 'sync in place', path)
        if (!lies) file.syncNow()
      },
      close: () => file.close(),
    }
  }

  #liesOf(path: string): boolean {
    const isJournal = path.startsWith('journal.')
    return this.#mutants.has('sync-lies') || this.#mutants.has(isJournal ? 'journal-unsynced' : 'files-unsynced')
  }
}
