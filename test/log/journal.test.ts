import { describe, expect, it } from 'vitest'
import type { Storage } from '../../src/contracts/storage.ts'
import { Journal } from '../../src/log/journal.ts'
import { ForgetfulDisk } from '../../src/testing/forgetful-disk/forgetful-disk.ts'

const checkpoint = new Uint8Array(100)

const open = (storage: Storage): Journal => new Journal({ storage, fileBytes: 64 * 1024 })

/** A disk that keeps nothing that it need not. */
const strictDisk = (): ForgetfulDisk => new ForgetfulDisk((options) => options - 1)

/** What the next process finds once the power is gone. */
const generationAfterLoss = (disk: ForgetfulDisk): number | undefined => {
  disk.crash = 'power'
  disk.die()
  return open(disk.restart()).find()?.generation
}

describe('the name of a journal file', () => {
  it('is durable with the generation, where an earlier attempt to begin one found no room', async () => {
    const disk = strictDisk()
    const journal = open(disk.storage())
    await journal.begin(checkpoint)
    disk.fullFrom = disk.operations + 2
    await expect(journal.begin(checkpoint)).rejects.toMatchObject({ code: 'full' })
    disk.fullFrom = Number.POSITIVE_INFINITY
    await journal.begin(checkpoint)
    expect(generationAfterLoss(disk)).toBe(2)
  })

  it('is durable with the generation, where the process was killed before that had made the file so', async () => {
    const disk = strictDisk()
    disk.crash = 'kill'
    disk.crashAt = disk.operations + 2
    await expect(open(disk.storage()).begin(checkpoint)).rejects.toMatchObject({ code: 'failed' })
    const journal = open(disk.restart())
    expect(journal.find()).toBeUndefined()
    await journal.secure()
    await journal.begin(checkpoint)
    expect(generationAfterLoss(disk)).toBe(1)
  })
})
