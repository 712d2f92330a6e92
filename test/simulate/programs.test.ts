import { describe, expect, it } from 'vitest'
import { UsageError } from '../support/long-run/command-line.ts'
import { readOptions } from './options.ts'
import { programs } from './programs/all.ts'
import { runBatch } from './rounds.ts'

describe('our own programs', () => {
  it.each(programs)('$name: keeps its promises under every fault', async (program) => {
    expect(await runBatch(program, 'jepsen', 7)).toMatchObject({ anomalies: [] })
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
