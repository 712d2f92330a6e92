import { describe, expect, it } from 'vitest'
import { readOptions, UsageError } from '../../../examples/main-job/options.ts'

describe('the main job’s command line', () => {
  it('has a default for everything', () => {
    expect(readOptions([])).toEqual({ rows: 300_000, kills: 5, data: undefined, json: false })
  })

  it('takes what it is given', () => {
    const args = ['--rows', '3_000_000', '--kills=0', '--data', './here', '--json']
    expect(readOptions(args)).toEqual({ rows: 3_000_000, kills: 0, data: './here', json: true })
    expect(readOptions(['-h', '--rows', 'x'])).toBe('help')
  })

  it.each([
    [['--rows', '0'], /--rows takes a whole number from 1 to 3000000, not '0'/],
    [['--rows', '3000001'], /--rows .* not '3000001'/],
    [['--rows', ''], /--rows .* not ''/],
    [['--kills', '-1'], /kills/],
    [['--kills', '1.5'], /--kills takes a whole number from 0 to 1000, not '1.5'/],
    [['--lines', '1'], /--lines/],
    [['five'], /five/],
  ])('refuses %j by name', (args, message) => {
    expect(() => readOptions(args)).toThrow(UsageError)
    expect(() => readOptions(args)).toThrow(message)
  })
})
