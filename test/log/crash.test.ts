import { describe, expect, it } from 'vitest'
import { type Crash, ForgetfulDisk } from '../support/forgetful-storage.ts'
import { LogRun, type LogRunOptions } from '../support/log-run.ts'
import { seededRandom } from '../support/seeded-random.ts'

interface Crashing extends Omit<LogRunOptions, 'random'> {
  readonly seed: number
  readonly crash: Crash
  readonly steps: number
  /** The first operation to crash at, and how many to go on by. */
  readonly from?: number
  readonly stride?: number
  /** Decides what a power loss leaves. */
  readonly fate?: number
}

/** Crashes at every operation of a run, once each, until the run is through; `then` is what comes after. */
const crashEverywhere = async (
  { seed, crash, steps, from = 1, stride = 1, fate = 0, ...options }: Crashing,
  then: (disk: ForgetfulDisk, run: LogRun, at: number) => Promise<void>,
): Promise<void> => {
  for (let at = from, crashed = true; crashed; at += stride) {
    const disk = new ForgetfulDisk(seededRandom(seed + at + 1000 * fate))
    const run = new LogRun({ ...options, random: seededRandom(seed) })
    await run.open(disk.storage())
    disk.crash = crash
    disk.crashAt = disk.operations + at
    await run.run(steps)
    if (!disk.isDead) await run.logs?.close()
    crashed = disk.isDead
    await then(disk, run, at)
  }
}

const reopen = async (disk: ForgetfulDisk, run: LogRun): Promise<void> => {
  expect(await run.open(disk.restart())).toBe(true)
  run.verify()
}

/** Everything goes on after a crash, through another one and a close. */
const goOn = async (disk: ForgetfulDisk, run: LogRun): Promise<void> => {
  await reopen(disk, run)
  await run.run(12)
  disk.die()
  await reopen(disk, run)
  await run.run(3)
  await run.logs?.close()
  await reopen(disk, run)
}

const compacting = { plain: 8, transactional: 2, end: 2, commit: 4, maintain: 6 }
const deleting = { plain: 8, commit: 5, delete: 3, maintain: 2 }
const rounds = { plain: 8, transactional: 2, end: 2, commit: 2, race: 2, round: 4 }
const recreating = { plain: 8, transactional: 2, end: 1, commit: 4, recreate: 2 }

/** Hundreds of crashes, each with its openings. */
const timeout = 120_000

describe('a crash at every write and every sync leaves a prefix with all that was acknowledged or readable', () => {
  it.each([
    { seed: 1, durability: 'power', crash: 'power', steps: 40 },
    { seed: 2, durability: 'power', crash: 'kill', steps: 30 },
    { seed: 3, durability: 'process', crash: 'kill', steps: 30 },
    { seed: 4, durability: 'power', crash: 'power', steps: 50, mix: compacting, topics: ['c'], journalBytes: 9000 },
    { seed: 5, durability: 'process', crash: 'kill', steps: 50, mix: compacting, topics: ['c'] },
    { seed: 6, durability: 'power', crash: 'power', steps: 30, mix: recreating, journalBytes: 9000 },
    { seed: 12, durability: 'power', crash: 'power', steps: 40, mix: deleting, topics: ['a'], journalBytes: 9000 },
    { seed: 7, durability: 'process', crash: 'kill', steps: 30, mix: recreating },
    { seed: 14, durability: 'power', crash: 'power', steps: 40, mix: rounds, stride: 3 },
    { seed: 15, durability: 'power', crash: 'kill', steps: 30, mix: rounds, stride: 3 },
    { seed: 16, durability: 'process', crash: 'kill', steps: 40, mix: rounds, stride: 3 },
  ] as const)('%o', (crashing) => crashEverywhere(crashing, goOn), timeout)

  it.each([
    { seed: 8, durability: 'power', crash: 'power', steps: 6, journalBytes: 9000 },
    { seed: 9, durability: 'power', crash: 'kill', steps: 6, journalBytes: 9000 },
    { seed: 10, durability: 'process', crash: 'kill', steps: 6 },
  ] as const)('and another one anywhere while it recovers: %o', async (crashing) => {
    for (let again = 1, through = false; !through; again++) {
      through = true
      await crashEverywhere({ ...crashing, fate: again, from: 1 + (again % 4), stride: 4 }, async (disk, run) => {
        const storage = disk.restart()
        disk.crash = crashing.durability === 'power' ? 'power' : 'kill'
        disk.crashAt = disk.operations + again
        const opened = await run.open(storage)
        if (!opened) through = false
        if (opened) run.verify()
        disk.die()
        await reopen(disk, run)
      })
    }
  })

  it('and when the power goes where a killed process has left a checkpoint in the page cache', async () => {
    const killed = {
      seed: 11,
      durability: 'power',
      crash: 'kill',
      steps: 9,
      journalBytes: 9000,
    } as const
    for (let fate = 0; fate < 30; fate++) {
      const again = 1 + (fate % 6)
      await crashEverywhere({ ...killed, fate, mix: { plain: 6, commit: 1 } }, async (disk, run) => {
        const storage = disk.restart()
        disk.crash = 'power'
        disk.crashAt = disk.operations + again
        if (await run.open(storage)) run.verify()
        disk.die()
        await reopen(disk, run)
      })
    }
  })

  it('and where nobody promised that, a power loss leaves a log that opens, each partition a prefix', () =>
    crashEverywhere({ seed: 13, durability: 'process', crash: 'power', steps: 60 }, async (disk, run) => {
      expect(await run.open(disk.restart())).toBe(true)
      expect([...(run.logs?.all ?? [])].map(({ damage }) => damage)).not.toContainEqual(expect.anything())
      run.verifyReadable()
    }))
})
