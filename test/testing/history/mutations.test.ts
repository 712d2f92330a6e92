import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkHistory } from '../../../src/testing/history/check-history.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { type Choose, mutations } from './mutations.ts'
import { played, turns } from './toy-world.ts'

const chooseBy = (seed: number): Choose => {
  const random = seededRandom(seed)
  return (all) => all[Math.floor(random() * all.length)]
}

describe('a sound history shows it when', () => {
  for (const { what, shows, mutate } of mutations)
    it(`${what}: ${shows.join(' or ')}`, () => {
      fc.assert(
        fc.property(turns, fc.nat(), (program, seed) => {
          const mutated = mutate(played(program), chooseBy(seed))
          fc.pre(mutated !== undefined)
          const kinds = checkHistory(mutated).anomalies.map(({ kind }) => kind)
          expect(kinds.filter((kind) => shows.includes(kind))).not.toEqual([])
        }),
        { numRuns: 60, maxSkipsPerRun: 20 },
      )
    })
})
