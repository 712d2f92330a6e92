import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import { StorageError } from '../contracts/storage.ts'

/** What a storage's error means to whoever called. */
export const storageFailure = (name: string, error: StorageError): EngineFailure => {
  if (error.code === 'full') {
    return engineFailure(
      'storage-full',
      `${name}: ${error.message}. Reading goes on; make room, and writing goes on by itself`,
      error,
    )
  }
  return error.code === 'denied'
    ? engineFailure(
        'storage-denied',
        `${name}: ${error.message}. Give this process the right to read and write there, and open it again; with readOnly, to read is enough`,
        error,
      )
    : engineFailure(
        'storage-failed',
        `${name}: ${error.message}. Find out what is wrong with the storage, and open it again`,
        error,
      )
}

/** There was no room: it may be tried again. */
export const isStorageFull = (error: unknown): error is StorageError =>
  error instanceof StorageError && error.code === 'full'
