import { describe, it } from 'vitest'
import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { describeConformance } from '../../../src/testing/conformance/describe-conformance.ts'
import { subject } from '../../support/embedded-subject.ts'

for (const durability of ['power', 'process'] as const)
  describeConformance({ describe, it }, `memory, ${durability}`, {
    runs: 60,
    open: () => subject({ name: 'memory:', storage: memoryStorage(), durability, remove: () => {} }),
  })
