import { fastCheck } from '../fast-check.ts'
import { checkHistory } from '../history/check-history.ts'
import { ok } from './calls.ts'
import { equal } from './claims.ts'
import { type Law, law } from './law.ts'
import { play } from './play.ts'

export const histories: readonly Law[] = [
  law('of random programs show no anomaly', ['transactions'], async (s) => {
    const { fc } = await fastCheck('engineConformance(…)')
    const { partitions, program } = await import('./programs.ts')
    let runs = 0
    await fc.assert(
      fc.asyncProperty(program, async (actors) => {
        runs += 1
        const unique = (name: string) => s.unique(`${name}-${runs}`)
        const topic = unique('topic')
        await ok(s.engine.topics.create({ name: topic, partitions, config: {} }))
        const history = await play({ ...s, unique }, { topic, partitions, actors })
        equal(checkHistory(history).anomalies, [], 'anomalies')
        await ok(s.engine.topics.delete(topic))
      }),
      { numRuns: s.runs },
    )
  }),
]
