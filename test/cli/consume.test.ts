import { describe, expect, it } from 'vitest'
import { openEngine } from '../../src/cli/open-engine.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { systemClock } from '../../src/millrace/system.ts'
import { inDirectory, type Ran, type RunOptions } from '../support/cli-world.ts'

type Millrace = (line: string, options?: RunOptions) => Promise<Ran>

/** A topic of one partition, with the numbers from 1 on. */
const counting = async (count: number): Promise<Millrace> => {
  const millrace = inDirectory()
  await millrace('topics create --topic numbers')
  const input = Array.from({ length: count }, (_, at) => `${at + 1}\n`)
  await millrace('produce --topic numbers', { input: [input.join('')] })
  return millrace
}

/**
 * A world in which opening a directory and joining a group take longer than timers of so many milliseconds that are set
 * before: they ring meanwhile.
 */
const slowToBegin = (ms: number): Pick<RunOptions, 'clock' | 'open'> => {
  const early = new Set<() => void>()
  const ringEarly = (): void => {
    for (const ring of early) ring()
    early.clear()
  }
  const clock: RunOptions['clock'] = {
    ...systemClock,
    after: (delayMs, ring, keeps) => {
      const cancel = systemClock.after(delayMs, ring, keeps)
      if (delayMs === ms) early.add(ring)
      return () => {
        early.delete(ring)
        cancel()
      }
    },
  }
  const open: RunOptions['open'] = async (url, access) => {
    const engine = await openEngine(url, access)
    ringEarly()
    const join: Engine['groups']['join'] = (options) => {
      const joined = engine.groups.join(options)
      return () => joined().finally(ringEarly)
    }
    return { ...engine, groups: { ...engine.groups, join } }
  }
  return { clock, open }
}

const offsetOf = async (millrace: Millrace): Promise<unknown> => {
  const { stdout } = await millrace('groups describe --group g --interval 0 --json')
  const [group] = JSON.parse(stdout) as readonly {
    readonly partitions: readonly { readonly currentOffset: number }[]
  }[]
  return group?.partitions[0]?.currentOffset
}

describe('millrace consume', () => {
  it.each([
    ['--from-beginning', '1\n2\n3\n4\n5\n'],
    ['--from-beginning --max-messages 2', '1\n2\n'],
    ['--offset 3', '4\n5\n'],
    ['--offset -1', '5\n'],
    ['--offset -99', '1\n2\n3\n4\n5\n'],
    ['--offset earliest --partition 0', '1\n2\n3\n4\n5\n'],
    ['--from-timestamp 2024-01-01', '1\n2\n3\n4\n5\n'],
    ['--from-timestamp 2100-01-01', ''],
    ['--offset latest', ''],
  ])('begins and ends as %s says', async (flags, stdout) => {
    const millrace = await counting(5)
    const ran = await millrace(`consume --topic numbers --until-latest ${flags}`)
    expect(ran).toEqual({ code: 0, stdout, stderr: '' })
  })

  it.each([
    ['--offset 6', 2, 'offsets 0 to 5, and not 6'],
    ['--partition 1', 3, 'not 1'],
    ['--format %x', 2, "no '%x'"],
    ['--group g --partition 0', 2, 'cannot be used with'],
    ['--from-timestamp yesterday', 2, '2026-01-31T12:00:00'],
  ])('refuses %s', async (flags, code, says) => {
    const millrace = await counting(5)
    const ran = await millrace(`consume --topic numbers --until-latest ${flags}`)
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) })
  })

  it('ends when nothing has come for --timeout-ms, and when it is interrupted', async () => {
    const millrace = await counting(2)
    expect(await millrace('consume --topic numbers --from-beginning --timeout-ms 20')).toMatchObject({
      code: 0,
      stdout: '1\n2\n',
    })
    const interrupted = AbortSignal.abort()
    expect(await millrace('consume --topic numbers', { interrupted })).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it.each(['', '--group g', '--group g --until-latest'])(
    'waits for --timeout-ms from when it reads: %s',
    async (flags) => {
      const millrace = await counting(2)
      const line = `consume --topic numbers --from-beginning --timeout-ms 37 ${flags}`
      expect(await millrace(line.trim(), slowToBegin(37))).toEqual({ code: 0, stdout: '1\n2\n', stderr: '' })
    },
  )

  it('commits for a group what it has printed, and no more', async () => {
    const millrace = await counting(5)
    const group = 'consume --topic numbers --group g --from-beginning'
    expect((await millrace(`${group} --max-messages 2`)).stdout).toBe('1\n2\n')
    expect(await offsetOf(millrace)).toBe(2)
    expect((await millrace(`${group} --max-messages 1`)).stdout).toBe('3\n')
    expect((await millrace(`${group} --until-latest`)).stdout).toBe('4\n5\n')
    expect(await offsetOf(millrace)).toBe(5)
  })

  it('ends quietly where its reader has gone, and commits what that one got', async () => {
    const millrace = await counting(30_000)
    const ran = await millrace('consume --topic numbers --group g --from-beginning', { readerTakes: 1 })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(await offsetOf(millrace)).toBe(ran.stdout.split('\n').length - 1)
  })

  it('prints what comes before a record that cannot be shown, and names that one, or passes over it', async () => {
    const millrace = await counting(2)
    await millrace('produce --topic numbers', { input: ['three\n4\n'] })
    const read = 'consume --topic numbers --group g --from-beginning --until-latest --value-format json'
    const failed = await millrace(read)
    expect(failed).toMatchObject({ code: 1, stdout: '1\n2\n' })
    expect(failed.stderr).toMatch(/record numbers-0-2: its value "three" is no json.*--value-format/)
    expect(await offsetOf(millrace)).toBe(2)
    const skipped = await millrace(`${read} --skip-message-on-error`)
    expect(skipped).toMatchObject({
      code: 0,
      stdout: '4\n',
      stderr: expect.stringContaining('skipped record numbers-0-2'),
    })
  })
})
