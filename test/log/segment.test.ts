import { expect, it } from 'vitest'
import { LogDirectory } from '../../src/log/log-directory.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { emptySegment, Segment } from '../../src/log/segment.ts'
import { batchOf } from '../support/batches.ts'
import { fullStorage } from '../support/full-storage.ts'

it('takes an append whole or not at all where the index has no room', () => {
  const storage = fullStorage(memoryStorage())
  storage.makeDirectory('p-0')
  const segment = Segment.restore(new LogDirectory(storage, 'p-0'), emptySegment(0))
  const batch = batchOf({ records: [{ key: 'k', value: 'v' }] })
  const run = [batch, batch, batch]
  const runBytes = 3 * batch.length
  // an entry a batch: far more than the indexes keep in memory
  const runs = 6_000
  let refused = 0
  for (let at = 0; at < runs; at++) {
    if (at === 2_000) storage.room = (runs - at) * runBytes
    try {
      segment.append(run, 0)
    } catch {
      refused++
      expect(segment.sizeBytes).toBe(at * runBytes)
      storage.room = Number.POSITIVE_INFINITY
      segment.append(run, 0)
    }
    expect(segment.log.size()).toBe((at + 1) * runBytes)
  }
  segment.flush()
  expect(refused).toBe(1)
  expect(segment.offsets.entries.count).toBe(3 * runs - 1)
})
