import { describe, expect, it } from 'vitest'
import { readOptions, UsageError, usage } from './options.ts'

describe('the options of npm run crash', () => {
  it('are ten minutes of what nobody has seen yet, where nothing is said', () => {
    expect(readOptions([])).toEqual({ minutes: 10, seed: undefined, json: false })
  })

  it('are what was said', () => {
    expect(readOptions(['--minutes', '0.5', '--seed', '7', '--json'])).toEqual({ minutes: 0.5, seed: 7, json: true })
    expect(readOptions(['--help'])).toBe('help')
  })

  it.each([[['--minutes', '0']], [['--minutes', 'ten']], [['--seed', '-1']], [['--seed', '1.5']], [['--kills', '3']]])(
    'are refused where they are none: %j',
    (args) => expect(() => readOptions(args)).toThrow(UsageError),
  )

  it('are all in the usage', () => {
    for (const option of ['--minutes', '--seed', '--json', '--help']) expect(usage).toContain(option)
  })
})
