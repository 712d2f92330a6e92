import type { EngineFailure } from '../../contracts/failure.ts'
import { StorageError } from '../../contracts/storage.ts'
import { storageFailure } from '../../log/storage-failure.ts'

/** A storage's error as a failure; `name` is what could not be done for it. Anything else that was thrown is thrown on. */
export const thrownFailure = (name: string, error: unknown): EngineFailure => {
  if (error instanceof StorageError) return storageFailure(name, error)
  throw error
}
