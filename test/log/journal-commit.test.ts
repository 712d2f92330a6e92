import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/contracts/clock.ts'
import { type Storage, StorageError } from '../../src/contracts/storage.ts'
import { Logs } from '../../src/log/logs.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { batchOf } from '../support/batches.ts'
import { manualClock } from '../support/manual-clock.ts'
import { rightOf } from '../support/right-of.ts'
import { idOf } from '../support/topic-ids.ts'

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((next) => setImmediate(next))
}

/** A storage that tells how the journal was synced, by a device that takes its time. */
const device = () => {
  const how: ('aside' | 'in place')[] = []
  const clock = manualClock()
  const state = { takesMs: 0, fails: false }
  const slow: Clock = { ...clock, elapsed: () => clock.elapsed() + passedMs }
  let passedMs = 0
  const memory = memoryStorage()
  const storage: Storage = {
    ...memory,
    open: (path, mode) => {
      const file = memory.open(path, mode)
      if (!path.startsWith('journal')) return file
      return {
        ...file,
        size: () => file.size(),
        sync: async () => {
          how.push('aside')
          await turns(2)
          await file.sync()
        },
        syncNow: () => {
          how.push('in place')
          passedMs += state.takesMs
          if (state.fails) throw new StorageError('failed', path, `cannot sync ${path}: EIO`)
          file.syncNow()
        },
      }
    },
  }
  return { storage, how, state, clock: slow }
}

const opened = async (
  { storage, clock }: { readonly storage: Storage; readonly clock: Clock },
  journalBytes = 1024 * 1024,
) => {
  const partitions = [{ topic: 't', partition: 0, topicId: idOf('t'), config: {} }]
  const logs = rightOf(await Logs.open({ storage, durability: 'power', clock, partitions, journalBytes }))
  const commit = (bytes = 1) => {
    const log = logs.partition({ topic: 't', partition: 0 })
    if (log === undefined) throw new Error('there is no partition')
    rightOf(log.stage(batchOf({ records: [{ key: 'k', value: 'v'.repeat(bytes) }] }), 'client', 5))
    return logs.commit()
  }
  return { logs, commit }
}

/** One who commits, waits, and commits again. */
const oneByOne = async (commit: () => ReturnType<Logs['commit']>, times: number): Promise<void> => {
  for (let time = 0; time < times; time++) rightOf(await commit())
}

describe('the sync of the journal', () => {
  it('is done in place for one who commits alone on a quick device, and looks for others now and then', async () => {
    const disk = device()
    const { commit } = await opened(disk)
    disk.how.length = 0
    await oneByOne(commit, 200)
    expect(disk.how.length).toBeGreaterThanOrEqual(200)
    expect(disk.how.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'aside'))
    expect(disk.how.filter((how) => how === 'aside').length).toBeLessThan(200 / 10)
  })

  it('is done aside where the device is slow', async () => {
    const disk = device()
    disk.state.takesMs = 4
    const { commit } = await opened(disk)
    disk.how.length = 0
    await oneByOne(commit, 90)
    expect(disk.how.filter((how) => how === 'in place').length).toBeLessThanOrEqual(4)
  })

  it('is done aside where there is much to write', async () => {
    const disk = device()
    const { commit } = await opened(disk)
    await oneByOne(commit, 20)
    disk.how.length = 0
    rightOf(await commit(300_000))
    expect(disk.how).toEqual(['aside'])
    rightOf(await commit())
    expect(disk.how).toEqual(['aside', 'in place'])
  })

  it('is shared, whoever was alone before', async () => {
    const disk = device()
    const { commit } = await opened(disk)
    await oneByOne(commit, 20)
    disk.how.length = 0
    await Promise.all(Array.from({ length: 8 }, (_, at) => oneByOneFrom(at, commit)))
    const inPlace = disk.how.lastIndexOf('in place')
    expect(inPlace).toBeLessThan(40)
    // they share frames from then on
    expect(disk.how.length - inPlace).toBeLessThan((8 * 100) / 3)
  })

  it('ends all writing where it fails', async () => {
    const disk = device()
    const { logs, commit } = await opened(disk)
    await oneByOne(commit, 20)
    disk.state.fails = true
    expect(await commit()).toMatchObject({ left: { code: 'storage-failed' } })
    expect(logs.failure?.code).toBe('storage-failed')
  })
})

describe('the files of the journal', () => {
  const sizes = ({ storage }: { readonly storage: Storage }) =>
    ['journal.0', 'journal.1'].map((name) => storage.open(name, 'read').size())

  it('are written over again and again, and stay short where checkpoints keep up', async () => {
    const disk = device()
    const { commit } = await opened(disk, 64 * 1024 * 1024)
    // 60 MB, where both together have room for half of that
    await oneByOne(() => commit(200_000), 300)
    expect(Math.max(...sizes(disk))).toBeLessThanOrEqual(16 * 1024 * 1024)
  })
})

/** Begins some turns of the event loop later, so that they do not come at once. */
const oneByOneFrom = async (turn: number, commit: () => ReturnType<Logs['commit']>): Promise<void> => {
  await turns(turn)
  for (let time = 0; time < 100; time++) {
    rightOf(await commit())
    await turns(1)
  }
}
