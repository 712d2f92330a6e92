import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { engineFailure, MillraceError } from '../../src/contracts/failure.ts'
import { StorageError } from '../../src/contracts/storage.ts'

describe('an error', () => {
  it('shows the cause that it has', () => {
    const cause = new Error('no such file')
    const failure = engineFailure('storage-failed', 'reading failed', cause)
    expect(new MillraceError(failure).cause).toBe(cause)
    expect(new StorageError('missing', 'a/b', 'reading failed', cause).cause).toBe(cause)
  })

  it('shows none where it has none', () => {
    for (const error of [
      new MillraceError(engineFailure('closed', 'it is closed')),
      new StorageError('full', 'a/b', 'writing failed'),
    ]) {
      expect('cause' in error).toBe(false)
      expect(inspect(error)).not.toContain('cause')
    }
  })
})
