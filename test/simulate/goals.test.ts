import { describe, expect, it } from 'vitest'
import { everyTime, huntMinutes, hunts, missed } from './goals.ts'
import { runBatch } from './rounds.ts'

const hunted = hunts.flatMap(({ goals }) => goals)

describe('what runs have to come into', () => {
  it('is more, the longer they go on, and all that is hunted for from two minutes on, as in CI', () => {
    expect(missed({}, 0.5)).toEqual([])
    expect(missed({}, 1)).toContain('leader changed')
    expect(missed({}, 1)).not.toContain('unclean election')
    expect(huntMinutes).toBe(2)
    expect(missed({}, 2)).toEqual([...missed({}, 1), ...hunted])
    expect(new Set(hunted).size).toBe(hunted.length)
  })

  it('is missed as soon as one is not there', () => {
    const all = Object.fromEntries(missed({}, 60).map((goal) => [goal, 1]))
    expect(missed(all, 60)).toEqual([])
    for (const goal of [...hunted, 'no answer']) {
      const { [goal]: _not, ...others } = all
      expect(missed(others, 2)).toEqual([goal])
    }
  })

  it('is nothing that only the shortest runs have to', () => {
    const known = new Set([...missed({}, 60), 'group moved in Stable'])
    expect(everyTime.filter((goal) => !known.has(goal))).toEqual([])
  })
})

describe('a hunt', () => {
  it('finds an unclean election, and every promise that is left is kept', async () => {
    const [hunt] = hunts.filter(({ goals }) => goals.includes('unclean election'))
    expect(hunt).toBeDefined()
    if (hunt === undefined) return
    const { reached, anomalies } = await runBatch({ ...hunt.program, batchRuns: 40 }, hunt.faults, 1)
    expect(anomalies).toEqual([])
    expect(Object.keys(reached)).toEqual(expect.arrayContaining([...hunt.goals]))
  })
})
