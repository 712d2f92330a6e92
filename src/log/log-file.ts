import type { StorageFile } from '../contracts/storage.ts'
import type { LogDirectory } from './log-directory.ts'
import { Unsynced } from './unsynced.ts'
import { WriteBehind } from './write-behind.ts'

/**
 * A file that opens when it is first needed, comes to be when it is first written, and knows whether what was
 * written is durable. What is appended waits in memory until it is much, or {@link flush}, and is read from there.
 */
export class LogFile {
  name: string
  readonly #directory: LogDirectory
  #handle: StorageFile | undefined
  #writable = false
  readonly #content = new Unsynced()
  readonly #behind = new WriteBehind()

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
    return this.#content.dirty
  }

  get isOpen(): boolean {
    return this.#handle !== undefined
  }

  exists(): boolean {
    return this.#handle !== undefined || this.#directory.exists(this.name)
  }

  /** 0 where there is no file. Without what waits. */
  size(): number {
    return this.exists() ? this.#open(false).size() : 0
  }

  read(target: Uint8Array, position: number): number {
    if (this.#behind.sizeBytes === 0) return this.#open(false).read(target, position)
    return this.#behind.read(target, position, (part) => this.#open(false).read(part, position))
  }

  /**
   * Adds `parts` at `position`, where the file and what waits end. They wait in memory, copied; where that would be much,
   * all is written at once. When the storage throws, nothing has happened.
   */
  append(parts: readonly Uint8Array[], position: number): void {
    if (this.#behind.add(parts, position)) {
      this.#content.touch()
      return
    }
    this.write([...this.#behind.parts, ...parts], this.#behind.startOr(position))
    this.#behind.restart()
  }

  /** Writes what waits; throws what the storage throws, and then still has it. */
  flush(): void {
    const { parts, sizeBytes } = this.#behind
    if (sizeBytes > 0) this.write(parts, this.#behind.startOr(0))
    this.#behind.clear()
  }

  write(parts: readonly Uint8Array[], position: number): void {
    const file = this.#open(true)
    this.#content.touch()
    file.write(parts, position)
  }

  truncate(size: number): void {
    if (this.size() === size && this.exists()) return
    const file = this.#open(true)
    this.#content.touch()
    file.truncate(size)
  }

  /** Says that it may hold what is not durable, whoever wrote it. */
  touch(): void {
    this.#content.touch()
  }

  /** What was written before the call is durable when it answers. */
  sync(): Promise<void> {
    return this.#content.sync(async () => {
      if (this.exists()) await this.#open(true).sync()
    })
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
    this.#behind.clear()
    this.#content.forget()
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
