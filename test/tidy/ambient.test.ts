import { describe, expect, it } from 'vitest'
import { linesThatMatch, sources } from './sources.ts'

/** The only files that may read the world: time and randomness, the disk, and the command line. */
const adapters = ['src/millrace/system.ts', 'src/log/disk-storage.ts']
/** What stands in for the world in a simulated run names what it stands for. */
const standIns = 'src/testing/virtual-globals/'
/** Writes what a person is to look at, and reads nothing. */
const writer = 'src/testing/report/disk-writer.ts'
const ours = sources(['src', 'operators']).filter(
  ({ path }) =>
    !adapters.includes(path) && path !== writer && !path.startsWith(standIns) && !path.startsWith('src/cli/'),
)

describe('time, randomness and disk arrive as arguments', () => {
  it.each([
    ['the time', /\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bprocess\.hrtime\b/],
    ['a timer', /\bset(Timeout|Interval|Immediate)\(|\bAbortSignal\.timeout\b|['"](node:)?timers(\/promises)?['"]/],
    ['randomness', /\bMath\.random\b|\brandom(UUID|Bytes|Int)\b|\bgetRandomValues\b/],
    ['the disk', /['"](node:)?fs(\/promises)?['"]/],
    ['the process', /\bprocess\.(env|argv|cwd|exit|on)\b/],
  ])('nobody but the adapters reads %s', (_what, pattern) => {
    expect(linesThatMatch(ours, pattern)).toEqual([])
  })

  it('reads the disk in one adapter and the clock in the other', () => {
    const [system, disk] = adapters.map((path) => sources(['src']).filter((file) => file.path === path))
    expect(linesThatMatch(system ?? [], /node:fs/)).toEqual([])
    expect(linesThatMatch(disk ?? [], /\bDate\.now\b|\bMath\.random\b|\bsetTimeout\(/)).toEqual([])
  })
})
