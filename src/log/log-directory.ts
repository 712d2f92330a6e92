import type { Storage, StorageFile } from '../contracts/storage.ts'

/** A directory whose entries are known to be durable or not. */
export class LogDirectory {
  readonly storage: Storage
  readonly path: string
  #dirty = false
  readonly #written = new Set<string>()
  #syncing: Promise<void> = Promise.resolve()
  #underWay = 0

  constructor(storage: Storage, path: string) {
    this.storage = storage
    this.path = path
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}/${name}`
  }

  list(): readonly string[] {
    return this.storage.list(this.path)
  }

  exists(name: string): boolean {
    return this.storage.exists(this.pathOf(name))
  }

  remove(name: string): void {
    this.#dirty = true
    this.storage.remove(this.pathOf(name))
  }

  rename(from: string, to: string): void {
    this.#dirty = true
    this.storage.rename(this.pathOf(from), this.pathOf(to))
  }

  /** The whole of a small file; `undefined` where there is none. */
  readFile(name: string): Uint8Array | undefined {
    if (!this.exists(name)) return undefined
    const file = this.storage.open(this.pathOf(name), 'read')
    try {
      const bytes = new Uint8Array(file.size())
      return bytes.subarray(0, file.read(bytes, 0))
    } finally {
      file.close()
    }
  }

  /**
   * Writes a small file as a whole, by a rename: a crash of the process leaves the old or the new. Durable with the
   * next {@link sync}.
   */
  writeFile(name: string, bytes: Uint8Array): void {
    const temporary = `${name}.tmp`
    const file = this.storage.open(this.pathOf(temporary), 'create')
    try {
      file.truncate(0)
      file.write([bytes], 0)
    } finally {
      file.close()
    }
    this.rename(temporary, name)
    this.#written.add(name)
  }

  /** Whether entries came or went, or small files were written, since the last {@link sync}. */
  get dirty(): boolean {
    return this.#dirty || this.#underWay > 0
  }

  /** Says that it may not be durable, whoever changed it. */
  touch(): void {
    this.#dirty = true
  }

  /** What changed before the call is durable when it answers. */
  sync(): Promise<void> {
    if (this.#dirty) this.#syncing = this.#syncing.then(() => this.#syncNow())
    return this.#syncing
  }

  async #syncNow(): Promise<void> {
    if (!this.#dirty) return
    this.#dirty = false
    this.#underWay++
    const written = [...this.#written]
    this.#written.clear()
    // asked anew each time: one that is no longer wanted may be removed while another is synced
    for (const name of written) if (this.exists(name)) await this.#syncFile(name)
    await this.storage.syncDirectory(this.path)
    this.#underWay--
  }

  async #syncFile(name: string): Promise<void> {
    const file = this.storage.open(this.pathOf(name), 'write')
    try {
      await file.sync()
    } finally {
      file.close()
    }
  }
}

/**
 * A file that opens when it is first needed, comes to be when it is first written, and knows whether what was
 * written is durable.
 */
export class LogFile {
  name: string
  readonly #directory: LogDirectory
  #handle: StorageFile | undefined
  #writable = false
  #dirty = false
  #syncing: Promise<void> = Promise.resolve()
  #underWay = 0

  constructor(directory: LogDirectory, name: string) {
    this.#directory = directory
    this.name = name
  }

  /** For messages. */
  get path(): string {
    return this.#directory.pathOf(this.name)
  }

  /** Whether something that was written is not known to be durable. */
  get dirty(): boolean {
    return this.#dirty || this.#underWay > 0
  }

  get isOpen(): boolean {
    return this.#handle !== undefined
  }

  exists(): boolean {
    return this.#handle !== undefined || this.#directory.exists(this.name)
  }

  /** 0 where there is no file. */
  size(): number {
    return this.exists() ? this.#open(false).size() : 0
  }

  read(target: Uint8Array, position: number): number {
    return this.#open(false).read(target, position)
  }

  write(parts: readonly Uint8Array[], position: number): void {
    const file = this.#open(true)
    this.#dirty = true
    file.write(parts, position)
  }

  truncate(size: number): void {
    if (this.size() === size && this.exists()) return
    const file = this.#open(true)
    this.#dirty = true
    file.truncate(size)
  }

  /** Says that it may hold what is not durable, whoever wrote it. */
  touch(): void {
    this.#dirty = true
  }

  /** What was written before the call is durable when it answers. */
  sync(): Promise<void> {
    if (this.#dirty) this.#syncing = this.#syncing.then(() => this.#syncNow())
    return this.#syncing
  }

  async #syncNow(): Promise<void> {
    if (!this.#dirty) return
    this.#dirty = false
    this.#underWay++
    if (this.exists()) await this.#open(true).sync()
    this.#underWay--
  }

  /** Moves it to another name, and stays open. */
  rename(name: string): void {
    if (!this.exists()) return
    this.#directory.rename(this.name, name)
    this.name = name
  }

  /** Gives its descriptor back; it opens again when needed. Keeps it while there is something to sync. */
  release(): void {
    if (!this.dirty) this.close()
  }

  close(): void {
    this.#handle?.close()
    this.#handle = undefined
  }

  remove(): void {
    this.close()
    this.#dirty = false
    if (this.#directory.exists(this.name)) this.#directory.remove(this.name)
  }

  #open(write: boolean): StorageFile {
    if (this.#handle !== undefined && (this.#writable || !write)) return this.#handle
    this.close()
    const { storage } = this.#directory
    const isNew = write && !storage.exists(this.path)
    this.#handle = storage.open(this.path, isNew ? 'create' : write ? 'write' : 'read')
    this.#writable = write
    if (isNew) this.#directory.touch()
    return this.#handle
  }
}
