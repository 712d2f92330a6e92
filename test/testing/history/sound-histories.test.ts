import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkHistory } from '../../../src/testing/history/check-history.ts'
import { played, type Turn, turns } from './toy-world.ts'

const isTold = (program: readonly Turn[], ...what: readonly Turn['do'][]) =>
  program.some((turn) => what.includes(turn.do))

describe('the history of a log that does nothing wrong', () => {
  it('shows nothing that must not be, whatever fails and whoever crashes', () => {
    fc.assert(
      fc.property(turns, (program) => {
        expect(checkHistory(played(program)).anomalies).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('shows skips and repetitions only where somebody subscribes, and else only what isolation does not promise', () => {
    fc.assert(
      fc.property(turns, (program) => {
        const { tolerated } = checkHistory(played(program))
        const kinds = new Set(tolerated.map(({ kind }) => kind))
        for (const kind of ['G0', 'G1c', 'int-send-skip'] as const) kinds.delete(kind)
        if (isTold(program, 'subscribe'))
          for (const kind of ['poll-skip', 'nonmonotonic-poll'] as const) kinds.delete(kind)
        expect([...kinds]).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})
