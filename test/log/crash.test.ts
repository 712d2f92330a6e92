import { describe, expect, it } from 'vitest'
import { type Crash, ForgetfulDisk } from '../../src/testing/forgetful-disk/forgetful-disk.ts'
import { chosenBy } from '../support/chosen-by.ts'
import { LogRun, type LogRunOptions } from '../support/log-run.ts'
import { seededRandom } from '../support/seeded-random.ts'

interface Crashing extends Omit<LogRunOptions, 'random'> {
  readonly seed: number
  readonly crash: Crash
  readonly steps: number
}

/** A crash: the disk it leaves, and what the program knew by then. */
interface Crashed {
  readonly disk: ForgetfulDisk
  readonly run: LogRun
}

/** Lives once, and answers a crash at every operation, and one behind the last. */
const crashesOf = async ({ seed, crash, steps, ...options }: Crashing): Promise<readonly Crashed[]> => {
  const disk = new ForgetfulDisk(chosenBy(seededRandom(seed)))
  const run = new LogRun({ ...options, random: seededRandom(seed) })
  await run.open(disk.storage())
  disk.crash = crash
  const crashes: Crashed[] = []
  disk.onOperation = (crashed) =>
    crashes.push({ disk: crashed, run: run.fork(seededRandom(seed + crashes.length + 1)) })
  await run.run(steps)
  await run.logs?.close()
  disk.onOperation = undefined
  return [...crashes, { disk, run }]
}

/** `crashed`, to be gone on with; `fate` decides what a power loss leaves. */
const forkOf = ({ disk, run }: Crashed, fate: number): Crashed => ({
  disk: disk.fork(chosenBy(seededRandom(fate))),
  run: run.fork(seededRandom(fate)),
})

/** Opens what a crash has left, and answers a crash at each operation of that, and one behind it. */
const crashesWhileRecovering = async (left: Crashed, crash: Crash): Promise<readonly Crashed[]> => {
  const { disk, run } = left
  const known = run.fork(() => 0.5)
  const storage = disk.restart()
  disk.crash = crash
  const crashes: Crashed[] = []
  disk.onOperation = (crashed) => crashes.push({ disk: crashed, run: known })
  expect(await run.open(storage)).toBe(true)
  disk.onOperation = undefined
  run.verify()
  disk.die()
  return [...crashes, { disk, run }]
}

const reopen = async ({ disk, run }: Crashed): Promise<void> => {
  expect(await run.open(disk.restart())).toBe(true)
  run.verify()
}

/** Everything goes on after a crash, through another one and a close. */
const goOn = async ({ disk, run }: Crashed): Promise<void> => {
  await reopen({ disk, run })
  await run.run(12)
  disk.die()
  await reopen({ disk, run })
  await run.run(3)
  await run.logs?.close()
  await reopen({ disk, run })
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
  ] as const)(
    '%o',
    async (crashing) => {
      const { stride = 1 } = crashing as { readonly stride?: number }
      for (const [at, crashed] of (await crashesOf(crashing)).entries())
        if (at % stride === 0) await goOn(forkOf(crashed, crashing.seed + at))
    },
    timeout,
  )

  it.each([
    { seed: 8, durability: 'power', crash: 'power', steps: 6, journalBytes: 9000 },
    { seed: 9, durability: 'power', crash: 'kill', steps: 6, journalBytes: 9000 },
    { seed: 10, durability: 'process', crash: 'kill', steps: 6 },
  ] as const)('and another one anywhere while it recovers: %o', async (crashing) => {
    const second = crashing.durability === 'power' ? 'power' : 'kill'
    for (const [at, crashed] of (await crashesOf(crashing)).entries())
      for (const [then, again] of (await crashesWhileRecovering(forkOf(crashed, at), second)).entries())
        await reopen(forkOf(again, at * 1000 + then))
  })

  it('and when the power goes where a killed process has left a checkpoint in the page cache', async () => {
    const mix = { plain: 6, commit: 1 }
    const killed = { seed: 11, durability: 'power', crash: 'kill', steps: 9, journalBytes: 9000, mix } as const
    for (const [at, crashed] of (await crashesOf(killed)).entries())
      for (const [then, again] of (await crashesWhileRecovering(forkOf(crashed, at), 'power')).slice(0, 6).entries())
        for (let fate = 0; fate < 5; fate++) await reopen(forkOf(again, at * 1000 + then * 10 + fate))
  })

  it('and where nobody promised that, a power loss leaves a log that opens, each partition a prefix', async () => {
    const crashing = { seed: 13, durability: 'process', crash: 'power', steps: 60 } as const
    for (const [at, crashed] of (await crashesOf(crashing)).entries()) {
      const { disk, run } = forkOf(crashed, at)
      expect(await run.open(disk.restart())).toBe(true)
      expect([...(run.logs?.all ?? [])].map(({ damage }) => damage)).not.toContainEqual(expect.anything())
      run.verifyReadable()
    }
  })
})
