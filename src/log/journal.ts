import type { Storage, StorageFile } from '../contracts/storage.ts'
import {
  checkpointFrame,
  entriesFrame,
  frameAlignment,
  frameSizes,
  gatheredFrame,
  type JournalEntry,
} from './journal-frame.ts'
import { JournalScan } from './journal-scan.ts'

/** No partition's: those end in a hyphen and a number, and a topic may well be called `journal`. */
const names = ['journal.0', 'journal.1'] as const
/** Zeros are laid ahead in steps of this size, so that a frame overwrites and its sync has no metadata to write. */
const aheadBytes = 1024 * 1024
/** How long a file becomes where checkpoints keep up: whatever is laid once is written over again and again. */
const shortBytes = 16 * 1024 * 1024
/** Smaller frames are put together in memory and written as one. */
const gatheredBytes = 64 * 1024

/** The newest generation that was found, with all its frames. */
export interface FoundJournal {
  readonly generation: number
  readonly checkpoint: Uint8Array
  /** Behind the checkpoint, in order; read one by one. */
  readonly frames: () => Iterable<readonly JournalEntry[]>
}

export interface JournalOptions {
  readonly storage: Storage
  /** How large one of the two files should become. */
  readonly fileBytes: number
}

/**
 * Two files in turn. A generation fills one of them: first a checkpoint, then frames of entries, each whole or not
 * there. The next begins in the other file, once what the entries speak of is durable elsewhere.
 *
 * **Guarantees** a frame is written only after the one before was synced, so that what can be read is a prefix of what
 * was written, and has everything that was synced.
 */
export class Journal {
  readonly #storage: Storage
  readonly #fileBytes: number
  readonly #gathered = Buffer.allocUnsafeSlow(gatheredBytes)
  /** Those whose names are durable: a file may be there whose name is not. */
  readonly #named = new Set<0 | 1>()
  readonly #files: [StorageFile | undefined, StorageFile | undefined] = [undefined, undefined]
  #which: 0 | 1 = 1
  #generation = 0
  #number = 0
  #position = 0
  /** The length of the current file. */
  #laidBytes = 0
  /** How much of it a generation should take. */
  #spanBytes = 0
  #unsyncedBytes = 0

  constructor({ storage, fileBytes }: JournalOptions) {
    this.#storage = storage
    this.#fileBytes = fileBytes
  }

  get generation(): number {
    return this.#generation
  }

  /** How much of the file is used that is there already, or should be: 1 is all, and more is possible. */
  get fill(): number {
    return this.#position / this.#spanBytes
  }

  /** What the next {@link sync} has to write. */
  get unsyncedBytes(): number {
    return this.#unsyncedBytes
  }

  /** Whether a frame with so many bytes of entries still fits; a fresh generation takes any. */
  fits(bytes: number): boolean {
    return this.#number === 0 || this.#position + bytes + frameAlignment <= this.#fileBytes
  }

  /**
   * Finds what there is. `undefined` where there is no journal. Afterwards {@link begin} begins a new generation in the
   * file that is not needed for this one.
   *
   * **Errors** throws {@link DamagedJournal} where a file is damaged in front of frames that are sound.
   */
  find(): FoundJournal | undefined {
    const scans = names.map((name) => new JournalScan(this.#storage, name))
    const heads = scans.map((scan) => scan.checkpoint())
    const which = (heads[1]?.generation ?? 0) > (heads[0]?.generation ?? 0) ? 1 : 0
    const found = heads[which]
    for (const [at, scan] of scans.entries()) {
      if (heads[at] === undefined) scan.refuseLater(0, { generation: found?.generation ?? 0, number: -1 })
    }
    if (found?.content._tag !== 'checkpoint') return undefined
    this.#which = which
    this.#generation = found.generation
    return {
      generation: found.generation,
      checkpoint: found.content.bytes,
      frames: () => new JournalScan(this.#storage, names[which]).after(found),
    }
  }

  /** Whether there is anything that could have been a journal. */
  get isThere(): boolean {
    return names.some((name) => this.#storage.exists(name))
  }

  /** Makes durable what {@link find} has found: a crash of the process may have left it in memory. */
  async secure(): Promise<void> {
    if (!this.#storage.exists(names[this.#which])) return
    await this.#open(this.#which).sync()
    await this.#name(this.#which)
  }

  /** Begins the next generation in the other file with `checkpoint`. Durable when answered. */
  async begin(checkpoint: Uint8Array): Promise<void> {
    const which = this.#which === 0 ? 1 : 0
    const file = this.#open(which)
    const generation = this.#generation + 1
    const parts = checkpointFrame(generation, checkpoint)
    file.write(parts, 0)
    await file.sync()
    if (!this.#named.has(which)) await this.#name(which)
    this.#which = which
    this.#generation = generation
    this.#number = 0
    this.#position = lengthOf(parts)
    this.#laidBytes = file.size()
    this.#spanBytes = Math.min(this.#fileBytes, Math.max(shortBytes, this.#laidBytes))
  }

  /**
   * Writes a frame with `entries` behind the last. Not durable before {@link sync}. When the storage throws, nothing
   * has happened, and it can be done again.
   */
  write(entries: readonly JournalEntry[]): void {
    const file = this.#open(this.#which)
    const place = { generation: this.#generation, number: this.#number + 1 }
    const sizes = frameSizes(entries)
    const length = sizes.sizeBytes
    this.#lay(file, this.#position + length)
    const parts =
      length <= gatheredBytes
        ? [gatheredFrame(this.#gathered, place, entries, sizes)]
        : entriesFrame(place, entries, sizes)
    file.write(parts, this.#position)
    this.#number++
    this.#position += length
    this.#unsyncedBytes += length
    this.#laidBytes = Math.max(this.#laidBytes, this.#position)
  }

  sync(): Promise<void> {
    this.#unsyncedBytes = 0
    return this.#open(this.#which).sync()
  }

  /** The same, and holds up everything until then. */
  syncNow(): void {
    this.#unsyncedBytes = 0
    this.#open(this.#which).syncNow()
  }

  close(): void {
    for (const file of this.#files) file?.close()
  }

  async #name(which: 0 | 1): Promise<void> {
    await this.#storage.syncDirectory('')
    this.#named.add(which)
  }

  /** A frame that comes near the end of the file takes some zeros with it for those that follow. */
  #lay(file: StorageFile, end: number): void {
    if (end <= this.#laidBytes || end >= this.#fileBytes) return
    const to = Math.min(this.#fileBytes, end + aheadBytes)
    file.write([new Uint8Array(to - this.#laidBytes)], this.#laidBytes)
    this.#unsyncedBytes += to - this.#laidBytes
    this.#laidBytes = to
  }

  #open(which: 0 | 1): StorageFile {
    const file = this.#files[which] ?? this.#storage.open(names[which], 'create')
    this.#files[which] = file
    return file
  }
}

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0)
