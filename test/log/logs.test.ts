import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { engineFailure } from '../../src/contracts/failure.ts'
import type { Storage, StorageFile } from '../../src/contracts/storage.ts'
import type { LogsOptions } from '../../src/log/log-options.ts'
import { Logs } from '../../src/log/logs.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { ForgetfulDisk } from '../../src/testing/forgetful-disk/forgetful-disk.ts'
import { batchOf, recordsIn } from '../support/batches.ts'
import { chosenBy } from '../support/chosen-by.ts'
import { manualClock } from '../support/manual-clock.ts'
import { rightOf } from '../support/right-of.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { idOf } from '../support/topic-ids.ts'

const partitions = [0, 1].map((partition) => ({ topic: 't', partition, topicId: idOf('t'), config: {} }))

const open = async (storage: Storage, options: Partial<LogsOptions> = {}): Promise<Logs> =>
  rightOf(
    await Logs.open({
      storage,
      durability: 'power',
      clock: manualClock(),
      journalBytes: 64 * 1024,
      partitions,
      ...options,
    }),
  )

const logOf = (logs: Logs, partition = 0): PartitionLog => {
  const log = logs.partition({ topic: 't', partition })
  if (log === undefined) throw new Error('there is no partition')
  return log
}

const stage = (logs: Logs, value: string, partition = 0): void => {
  rightOf(logOf(logs, partition).stage(batchOf({ records: [{ key: 'k', value }] }), 'client', 5))
}

const valuesIn = (logs: Logs, partition = 0): readonly (string | null)[] => {
  const read = rightOf(logOf(logs, partition).read({ offset: 0, maxBytes: 1e6, isolation: 'read_committed' }))
  return recordsIn(read.batches).map(({ value }) => value)
}

/** The clock's timers have rung. */
const aLittleLater = async (): Promise<void> => {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((next) => setImmediate(next))
}

/** What is done to the files whose names match. */
const counted = (storage: Storage, matches: RegExp) => {
  const counts = { writes: 0, reads: 0, syncs: 0, truncations: 0 }
  const count = (file: StorageFile): StorageFile => ({
    path: file.path,
    size: () => file.size(),
    read: (target, position) => {
      counts.reads++
      return file.read(target, position)
    },
    write: (parts, position) => {
      counts.writes++
      file.write(parts, position)
    },
    truncate: (size) => {
      counts.truncations++
      file.truncate(size)
    },
    sync: () => {
      counts.syncs++
      return file.sync()
    },
    syncNow: () => {
      counts.syncs++
      file.syncNow()
    },
    close: () => file.close(),
  })
  const watched: Storage = {
    ...storage,
    open: (path, mode) => (matches.test(path) ? count(storage.open(path, mode)) : storage.open(path, mode)),
  }
  return { counts, storage: watched }
}

describe.each(['power', 'process'] as const)('Logs, %s', (durability) => {
  it('keep what was committed, and open again without reading it', async () => {
    const storage = memoryStorage()
    const logs = await open(storage, { durability })
    for (let at = 0; at < 300; at++) {
      stage(logs, `v${at}`, at % 2)
      if (at % 3 === 0) rightOf(await logs.commit())
    }
    rightOf(await logs.commit())
    rightOf(await logs.close())
    const { counts, storage: watched } = counted(storage, /t-\d/)
    const again = await open(watched, { durability })
    expect(again.recovery).toEqual({ clean: true, replayedFrames: 0, cuts: [] })
    expect(counts.writes + counts.truncations).toBe(0)
    expect(counts.reads).toBeLessThanOrEqual(4 * partitions.length)
    for (const partition of [0, 1]) {
      expect(valuesIn(again, partition)).toEqual(Array.from({ length: 150 }, (_, at) => `v${at * 2 + partition}`))
    }
  })

  it('show nothing before it is committed', async () => {
    const logs = await open(memoryStorage(), { durability })
    stage(logs, 'v')
    expect(valuesIn(logs)).toEqual([])
    rightOf(await logs.commit())
    expect(valuesIn(logs)).toEqual(['v'])
  })

  it('refuse everything once they are closed', async () => {
    const logs = await open(memoryStorage(), { durability })
    const log = logOf(logs)
    rightOf(await logs.close())
    const refused = log.stage(batchOf({ records: [{ key: 'k', value: 'v' }] }), 'client', 5)
    expect(E.isLeft(refused) && refused.left.code).toBe('closed')
    expect(await logs.commit()).toMatchObject({ left: { code: 'closed' } })
  })

  it('tell who listens which partitions have something new', async () => {
    const heard: string[] = []
    const logs = await open(memoryStorage(), { durability, onApplied: ({ name }) => heard.push(name) })
    stage(logs, 'v', 1)
    rightOf(await logs.commit())
    expect(heard).toEqual(['t-1'])
  })

  it('keep the process alive while they compact', async () => {
    const steady = manualClock()
    const held: (boolean | undefined)[] = []
    const after: typeof steady.after = (delayMs, ring, hold) => {
      if (delayMs === 0) held.push(hold)
      return steady.after(delayMs, ring, hold)
    }
    const config = { 'cleanup.policy': 'compact' as const, 'segment.bytes': 200_000 }
    const of = partitions.map((partition) => ({ ...partition, config }))
    const logs = await open(memoryStorage(), { durability, partitions: of, clock: { ...steady, after } })
    for (let at = 0; at < 30; at++) {
      stage(logs, `v${at}`.padEnd(90_000))
      rightOf(await logs.commit())
    }
    rightOf(await logs.maintain())
    expect(held.length).toBeGreaterThan(0)
    expect(new Set(held)).toEqual(new Set([true]))
  })

  it.each([{ 'cleanup.policy': 'compact' as const }, { 'retention.bytes': 600 }])(
    'give space back when they are maintained, without waiting for a full journal: %o',
    async (policy) => {
      const storage = memoryStorage()
      const config = { ...policy, 'segment.bytes': 300 }
      const of = partitions.map((partition) => ({ ...partition, config }))
      const logs = await open(storage, { durability, partitions: of })
      const sizeOf = (name: string) => storage.open(`t-0/${name}`, 'read').size()
      const size = () =>
        storage
          .list('t-0')
          .filter((name) => name.endsWith('.log'))
          .reduce((sum, name) => sum + sizeOf(name), 0)
      for (let round = 0; round < 3; round++) {
        for (let at = 0; at < 30; at++) {
          stage(logs, `v${at}`)
          rightOf(await logs.commit())
        }
        const before = size()
        rightOf(await logs.maintain())
        expect(before).toBeGreaterThan(2000)
        expect(size()).toBeLessThan(1000)
      }
    },
  )

  it('give a topic that comes back under its name none of what it had', async () => {
    const logs = await open(memoryStorage(), { durability })
    stage(logs, 'old')
    rightOf(await logs.commit())
    rightOf(logs.remove({ topic: 't', partition: 0 }))
    rightOf(await logs.add([{ topic: 't', partition: 0, topicId: idOf('another'), config: {} }]))
    rightOf(await logs.commit())
    expect(valuesIn(logs)).toEqual([])
  })

  it('makes all of some partitions or none, and lets nobody write to one that is not entered yet', async () => {
    const storage = memoryStorage()
    const logs = await open(storage, { durability })
    const other = [0, 1].map((partition) => ({ topic: 'u', partition, topicId: idOf('u'), config: {} }))
    const refusal = engineFailure('storage-full', 'no room')
    expect(await logs.add(other, async () => E.left(refusal))).toEqual(E.left(refusal))
    expect(storage.list('').filter((name) => name.startsWith('u'))).toEqual([])
    let seen: PartitionLog | undefined
    rightOf(
      await logs.add(other, async () => {
        seen = logs.partition({ topic: 'u', partition: 0 })
        return E.right(undefined)
      }),
    )
    expect(seen).toBeUndefined()
    expect(logs.partition({ topic: 'u', partition: 1 })).toBeDefined()
  })
})

describe('Logs, process, after a kill', () => {
  it('open without waiting for what the process before has left to sync', async () => {
    const storage = memoryStorage()
    const killed = await open(storage, { durability: 'process' })
    stage(killed, 'kept')
    rightOf(await killed.commit())
    const slow: Storage = {
      ...storage,
      open: (path, mode) => {
        const file = storage.open(path, mode)
        return path.endsWith('.log') ? { ...file, sync: () => new Promise(() => {}) } : file
      },
    }
    const logs = await open(slow, { durability: 'process' })
    stage(logs, 'more')
    rightOf(await logs.commit())
    expect(valuesIn(logs)).toEqual(['kept', 'more'])
    expect(valuesIn(await open(storage, { durability: 'process' }))).toEqual(['kept', 'more'])
  })
})

describe('Logs, process, where writing outruns the disk', () => {
  /** A disk whose segments are synced when the test says so. */
  const held = () => {
    const storage = memoryStorage()
    const syncs: (() => void)[] = []
    const slow: Storage = {
      ...storage,
      open: (path, mode) => {
        const file = storage.open(path, mode)
        const sync = () => new Promise<void>((resolve) => syncs.push(resolve))
        return path.endsWith('.log') ? { ...file, sync } : file
      },
    }
    return { storage: slow, syncs }
  }

  const settledAfter = async (commit: Promise<unknown>): Promise<boolean> => {
    let settled = false
    void commit.then(() => {
      settled = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    return settled
  }

  it('answer once the checkpoint under way is over where the next one is due', async () => {
    const { storage, syncs } = held()
    const logs = await open(storage, { durability: 'process', checkpointBytes: 1000 })
    stage(logs, 'x'.repeat(1000))
    expect(await settledAfter(logs.commit())).toBe(true)
    stage(logs, 'while it goes on')
    expect(await settledAfter(logs.commit())).toBe(true)
    stage(logs, 'y'.repeat(1000))
    const due = logs.commit()
    expect(await settledAfter(due)).toBe(false)
    expect(valuesIn(logs).length).toBe(3)
    for (const synced of syncs.splice(0)) synced()
    expect(await due).toEqual(E.right(undefined))
    stage(logs, 'while the next goes on')
    expect(await settledAfter(logs.commit())).toBe(true)
  })
})

describe('the journal under the logs', () => {
  it('has one frame and one sync for all that wait, and a write for each partition a little later', async () => {
    const journal = counted(memoryStorage(), /journal/)
    const segments = counted(journal.storage, /\.log$/)
    const logs = await open(segments.storage)
    stage(logs, 'first')
    rightOf(await logs.commit())
    await aLittleLater()
    const before = { ...journal.counts }
    const segmentsBefore = { ...segments.counts }
    const answers = Array.from({ length: 20 }, (_, at) => {
      stage(logs, `v${at}`, at % 2)
      return logs.commit()
    })
    expect(new Set(answers).size).toBe(1)
    rightOf(await (answers[0] ?? logs.commit()))
    expect(valuesIn(logs).length + valuesIn(logs, 1).length).toBe(21)
    expect(journal.counts.writes - before.writes).toBe(1)
    expect(journal.counts.syncs - before.syncs).toBe(1)
    expect(segments.counts.writes - segmentsBefore.writes).toBe(0)
    await aLittleLater()
    expect(segments.counts.writes - segmentsBefore.writes).toBe(2)
    expect(segments.counts.syncs - segmentsBefore.syncs).toBe(0)
  })

  it('lets no more than a MiB wait for being written to the segments, nor more than 64 KiB of a partition', async () => {
    const storage = memoryStorage()
    const clock = { ...manualClock(), after: () => () => {} }
    const of = Array.from({ length: 40 }, (_, partition) => ({ ...partitions[0], partition }) as (typeof partitions)[0])
    const logs = await open(storage, { clock, partitions: of, journalBytes: 64 * 1024 * 1024 })
    const waits = (partition: number) => {
      const { segments } = logOf(logs, partition)
      return segments.all.reduce((sum, segment) => sum + segment.sizeBytes - segment.log.size(), 0)
    }
    const most = { of: 0, all: 0 }
    for (let at = 0; at < 200; at++) {
      stage(logs, 'x'.repeat(1000 * (1 + ((at * 7) % 40))), at % 3 === 0 ? 0 : at % 40)
      rightOf(await logs.commit())
      const waiting = of.map(({ partition }) => waits(partition))
      most.of = Math.max(most.of, ...waiting)
      most.all = Math.max(
        most.all,
        waiting.reduce((sum, bytes) => sum + bytes, 0),
      )
    }
    expect(most.of).toBeGreaterThan(32 * 1024)
    expect(most.of).toBeLessThanOrEqual(64 * 1024)
    expect(most.all).toBeGreaterThan(512 * 1024)
    expect(most.all).toBeLessThanOrEqual(1024 * 1024)
  })

  it('lets nothing wait of a segment that is complete', async () => {
    const clock = { ...manualClock(), after: () => () => {} }
    const config = { 'segment.bytes': 2000 }
    const of = partitions.map((partition) => ({ ...partition, config }))
    const logs = await open(memoryStorage(), { clock, partitions: of, journalBytes: 64 * 1024 * 1024 })
    for (let at = 0; at < 50; at++) {
      stage(logs, 'x'.repeat(100))
      rightOf(await logs.commit())
    }
    const { all } = logOf(logs).segments
    expect(all.length).toBeGreaterThan(3)
    expect(all.slice(0, -1).map((segment) => segment.log.size())).toEqual(
      all.slice(0, -1).map((segment) => segment.sizeBytes),
    )
    expect(valuesIn(logs).length).toBe(50)
  })

  it('takes a batch that is larger than itself', async () => {
    const storage = memoryStorage()
    const logs = await open(storage, { journalBytes: 16 * 1024 })
    stage(logs, 'x'.repeat(100_000))
    stage(logs, 'small')
    rightOf(await logs.commit())
    const again = await open(storage)
    expect(valuesIn(again).map((value) => value?.length)).toEqual([100_000, 5])
  })

  it.each([
    ['power', 'process'],
    ['process', 'power'],
  ] as const)('is left in good order when %s becomes %s', async (before, after) => {
    const disk = new ForgetfulDisk(chosenBy(seededRandom(5)))
    const logs = await open(disk.storage(), { durability: before })
    disk.settle()
    stage(logs, 'a')
    rightOf(await logs.commit())
    disk.crash = 'kill'
    disk.die()
    const changed = await open(disk.restart(), { durability: after })
    expect(valuesIn(changed)).toEqual(['a'])
    stage(changed, 'b')
    rightOf(await changed.commit())
    disk.crash = after === 'power' ? 'power' : 'kill'
    disk.die()
    expect(valuesIn(await open(disk.restart()))).toEqual(['a', 'b'])
  })
})
