import { type EngineFailure, engineFailure, type FailureCode } from '../../contracts/failure.ts'
import { StorageError, type StorageErrorCode } from '../../contracts/storage.ts'

const codes: Readonly<Record<StorageErrorCode, { readonly code: FailureCode; readonly wayOut: string }>> = {
  full: { code: 'storage-full', wayOut: 'nothing was written; make room and call again' },
  denied: { code: 'storage-denied', wayOut: 'give this process the right to write there, or open read-only' },
  missing: { code: 'storage-failed', wayOut: 'somebody else removed it; close and open again' },
  failed: { code: 'storage-failed', wayOut: 'look after the device, then close and open again' },
}

/** What a storage that failed means to whoever called the engine. Anything else that was thrown is thrown on. */
export const storageFailure = (error: unknown): EngineFailure => {
  if (!(error instanceof StorageError)) throw error
  const { code, wayOut } = codes[error.code]
  return engineFailure(code, `${error.message}: ${wayOut}`, error)
}
