import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { diskStorage } from '../../../src/log/disk-storage.ts'
import { describeConformance } from '../../../src/testing/conformance/describe-conformance.ts'
import { subject } from '../../support/embedded-subject.ts'

for (const durability of ['power', 'process'] as const)
  describeConformance({ describe, it }, `file, ${durability}`, {
    runs: 15,
    open: () => {
      const path = mkdtempSync(join(tmpdir(), 'millrace-'))
      const remove = () => rmSync(path, { recursive: true, force: true })
      return subject({ name: `file:${path}`, storage: diskStorage(path), path, durability, remove })
    },
  })
