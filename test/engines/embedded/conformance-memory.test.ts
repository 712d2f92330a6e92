import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { conformance } from '../../conformance/conformance.ts'
import { subject } from '../../support/embedded-subject.ts'

for (const durability of ['power', 'process'] as const)
  conformance(`memory, ${durability}`, {
    runs: 60,
    open: () => subject({ name: 'memory:', storage: memoryStorage(), durability, remove: () => {} }),
  })
