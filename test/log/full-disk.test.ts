import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { ForgetfulDisk } from '../../src/testing/forgetful-disk/forgetful-disk.ts'
import { chosenBy } from '../support/chosen-by.ts'
import { LogRun } from '../support/log-run.ts'
import { seededRandom } from '../support/seeded-random.ts'

const everywhere = async (
  durability: 'power' | 'process',
  check: (disk: ForgetfulDisk, run: LogRun) => Promise<void>,
): Promise<void> => {
  for (let at = 1, wasFull = true; wasFull; at += 2) {
    const disk = new ForgetfulDisk(chosenBy(seededRandom(at)))
    const run = new LogRun({ random: seededRandom(6), durability })
    await run.open(disk.storage())
    disk.fullFrom = disk.operations + at
    await run.run(50)
    wasFull = disk.operations >= disk.fullFrom
    await check(disk, run)
  }
}

describe.each(['power', 'process'] as const)('a disk that is full at any write, in %s mode', (durability) => {
  it('goes on once there is room, with everything that was staged', () =>
    everywhere(durability, async (disk, run) => {
      run.verifyReadable()
      disk.fullFrom = Number.POSITIVE_INFINITY
      expect(await run.commit()).toBe(true)
      run.verify()
      await run.run(10)
      run.verify()
    }))

  it('loses nothing acknowledged in a crash, or when it is closed meanwhile', () =>
    everywhere(durability, async (disk, run) => {
      if (run.staged.length % 2 === 0) {
        disk.crash = durability === 'power' ? 'power' : 'kill'
        disk.die()
      } else await run.logs?.close()
      disk.fullFrom = Number.POSITIVE_INFINITY
      expect(await run.open(disk.restart())).toBe(true)
      run.verify()
    }))
})

describe('a sync that fails', () => {
  it('ends all writing, is not tried again, and loses nothing acknowledged', async () => {
    for (let at = 1, failed = true; failed; at += 2) {
      const disk = new ForgetfulDisk(chosenBy(seededRandom(at)))
      const run = new LogRun({ random: seededRandom(7), durability: 'power' })
      await run.open(disk.storage())
      disk.failSyncAt = disk.operations + at
      await run.run(50)
      failed = run.logs?.failure !== undefined
      if (failed) {
        const operations = disk.operations
        expect(E.isLeft((await run.logs?.commit()) ?? E.right(undefined))).toBe(true)
        expect(disk.operations).toBe(operations)
        expect(run.logs?.failure?.code).toBe('storage-failed')
        run.verifyReadable()
      }
      disk.failSyncAt = Number.POSITIVE_INFINITY
      disk.die()
      expect(await run.open(disk.restart())).toBe(true)
      run.verify()
    }
  })
})
