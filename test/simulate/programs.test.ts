import { describe, expect, it } from 'vitest'
import { UsageError } from '../support/long-run/command-line.ts'
import { everyTime } from './goals.ts'
import { readOptions } from './options.ts'
import type { Program } from './program.ts'
import { programs } from './programs/all.ts'
import { runBatch } from './rounds.ts'
import type { Tally } from './tally.ts'

const batches = new Map<Program, Promise<Tally>>()

/** The same runs each time, made once. */
const batchOf = (program: Program): Promise<Tally> => {
  const known = batches.get(program) ?? runBatch(program, 'jepsen', 8)
  batches.set(program, known)
  return known
}

describe('our own programs', () => {
  it.each(programs)('$name: keeps its promises under every fault', async (program) => {
    expect(await batchOf(program)).toMatchObject({ anomalies: [] })
  })

  it('come into what should be put to the test', async () => {
    const all = await Promise.all(programs.map(batchOf))
    const reached = new Set(all.flatMap((tally) => Object.keys(tally.reached)))
    expect(everyTime.filter((goal) => !reached.has(goal))).toEqual([])
  })
})

describe('the options of npm run simulate', () => {
  it('are a preset, or faults by name', () => {
    expect(readOptions(['--faults', 'loss,zombie', '--minutes', '0.5'], ['copy'])).toMatchObject({
      minutes: 0.5,
      faults: ['loss', 'zombie'],
      mutants: true,
    })
    expect(readOptions([], [])).toMatchObject({ minutes: 10, faults: 'jepsen' })
  })

  it.each([
    ['--minutes', '0'],
    ['--seed', '-1'],
    ['--faults', 'gremlins'],
    ['--program', 'nobody'],
    ['--replay', 'mr1:abc'],
    ['--gremlins'],
  ])('are refused by name: %s %s', (...args) => {
    expect(() =>
      readOptions(
        args.filter((arg) => arg !== undefined),
        ['copy'],
      ),
    ).toThrow(UsageError)
  })
})
