import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import { StorageError } from '../contracts/storage.ts'
import { isStorageFull, storageFailure } from './storage-failure.ts'

/** Why nothing can be written to a storage: a full disk may get room; everything else ends all writing. */
export class WriteFailure {
  readonly #name: string
  #full: EngineFailure | undefined
  #stopped: EngineFailure | undefined

  /** `name` is the storage's, for messages. */
  constructor(name: string) {
    this.#name = name
  }

  /** Why nothing can be written, now or ever again. */
  get current(): EngineFailure | undefined {
    return this.#stopped ?? this.#full
  }

  /** Why nothing can be written ever again. */
  get stopped(): EngineFailure | undefined {
    return this.#stopped
  }

  /** There was no room, and nobody has found any since. */
  get isFull(): boolean {
    return this.#stopped === undefined && this.#full !== undefined
  }

  /** Something was written, or nothing waits: whether there is room, the next to write finds out. */
  hasRoom(): void {
    this.#full = undefined
  }

  /** Takes what a write has thrown, and answers what that means to whoever waits for it. */
  note(error: unknown): EngineFailure {
    if (!(error instanceof StorageError)) {
      return this.stop(
        engineFailure('storage-failed', `${this.#name}: the log broke a rule of its own: ${error}`, error),
      )
    }
    const failure = storageFailure(this.#name, error)
    if (isStorageFull(error)) this.#full = failure
    else this.stop(failure)
    return failure
  }

  /** Ends all writing; the first reason stays. */
  stop(failure: EngineFailure): EngineFailure {
    this.#stopped ??= failure
    return this.#stopped
  }
}
