import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { checkHistory } from '../../src/testing/history/check-history.ts'
import { ok } from './calls.ts'
import { partitions, play, program } from './programs.ts'
import { type Conformance, scenario } from './subject.ts'

export const histories = (engine: Conformance): void => {
  describe('histories', () => {
    scenario(engine, 'of random programs show no anomaly', ['transactions'], async (s) => {
      let runs = 0
      await fc.assert(
        fc.asyncProperty(program, async (actors) => {
          runs += 1
          const unique = (name: string) => s.unique(`${name}-${runs}`)
          const topic = unique('topic')
          await ok(s.engine.topics.create({ name: topic, partitions, config: {} }))
          expect(checkHistory(await play({ ...s, unique }, topic, actors)).anomalies).toEqual([])
          await ok(s.engine.topics.delete(topic))
        }),
        { numRuns: engine.runs },
      )
    })
  })
}
