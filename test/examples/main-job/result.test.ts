import { describe, expect, it } from 'vitest'
import { exitCodeOf, type Result, sentence, shortfall } from '../../../examples/main-job/result.ts'

const exact: Result = {
  input: 1001,
  output: 1000,
  deadLetters: 1,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  wrong: 0,
  kills: 5,
  seconds: 1.5,
}
const asked = { rows: 1000, kills: 5 }

describe('the main job’s result', () => {
  it('is a success where each record is there once and the worker was killed as often as asked', () => {
    expect(exitCodeOf(exact, asked)).toBe(0)
    expect(exitCodeOf(exact, { ...asked, kills: 0 })).toBe(0)
    expect(shortfall(exact, asked)).toBeUndefined()
    expect(sentence(exact)).toBe(
      'input 1,001, output 1,000, dead letters 1, kills 5, lost 0, duplicated 0, reordered 0, seconds 1.5',
    )
  })

  it.each(['lost', 'duplicated', 'reordered', 'wrong'] as const)('is a failure where a record is %s', (fault) => {
    expect(exitCodeOf({ ...exact, [fault]: 1 }, asked)).toBe(1)
    expect(exitCodeOf({ ...exact, [fault]: 1, kills: 0 }, asked)).toBe(1)
    expect(sentence({ ...exact, [fault]: 1 })).toContain(`${fault} 1`)
  })

  it('is a failure of its own where the worker was killed too seldom, and says what to do', () => {
    expect(exitCodeOf({ ...exact, kills: 4 }, asked)).toBe(3)
    expect(shortfall({ ...exact, kills: 4 }, asked)).toMatch(/^only 4 of 5 kills: .*--rows 1000.*--kills/)
  })
})
