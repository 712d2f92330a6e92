import { describe, expect, it } from 'vitest'
import { UsageError } from '../support/long-run/command-line.ts'
import { readOptions, usage } from './options.ts'

describe('the options of npm run crash', () => {
  it('are ten minutes of what nobody has seen yet, where nothing is said', () => {
    expect(readOptions([])).toEqual({ minutes: 10, kills: 0, seed: undefined, json: false })
  })

  it('are what was said', () => {
    const args = ['--minutes', '0.5', '--kills', '300', '--seed', '7', '--json']
    expect(readOptions(args)).toEqual({ minutes: 0.5, kills: 300, seed: 7, json: true })
    expect(readOptions(['--help'])).toBe('help')
  })

  it.each([
    [['--minutes', '0']],
    [['--minutes', 'ten']],
    [['--seed', '-1']],
    [['--seed', '1.5']],
    [['--kills', 'many']],
    [['--kills', '-1']],
    [['--kill', '3']],
  ])('are refused where they are none: %j', (args) => expect(() => readOptions(args)).toThrow(UsageError))

  it('are all in the usage', () => {
    for (const option of ['--minutes', '--kills', '--seed', '--json', '--help']) expect(usage).toContain(option)
  })
})
