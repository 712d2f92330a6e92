import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diskWriter } from '../../../src/testing/report/disk-writer.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('diskWriter', () => {
  it('makes the folders that are needed, and replaces what was there', () => {
    const path = join(temporaryDirectory(), 'runs', 'of today', 'run.html')
    diskWriter(path, 'first, and longer')
    diskWriter(path, 'second')
    expect(readFileSync(path, 'utf8')).toBe('second')
  })
})
