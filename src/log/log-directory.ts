import type { Storage } from '../contracts/storage.ts'
import { Unsynced } from './unsynced.ts'

/** A directory whose entries are known to be durable or not. */
export class LogDirectory {
  readonly storage: Storage
  readonly path: string
  readonly #entries = new Unsynced()
  readonly #written = new Set<string>()

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
    this.#entries.touch()
    this.storage.remove(this.pathOf(name))
  }

  rename(from: string, to: string): void {
    this.#entries.touch()
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
    return this.#entries.dirty
  }

  /** Says that it may not be durable, whoever changed it. */
  touch(): void {
    this.#entries.touch()
  }

  /** What changed before the call is durable when it answers. */
  sync(): Promise<void> {
    return this.#entries.sync(async () => {
      const written = [...this.#written]
      this.#written.clear()
      // asked anew each time: one that is no longer wanted may be removed while another is synced
      for (const name of written) if (this.exists(name)) await this.#syncFile(name)
      await this.storage.syncDirectory(this.path)
    })
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
