import type { Found } from '../found.ts'
import type { Deed } from '../history.ts'
import { keyIn, latest } from '../topics.ts'
import type { Anomaly } from './anomaly.ts'
import { writingDeeds } from './writes.ts'

/** Compaction keeps the last record of each key: what is there last was acknowledged last, or written after that. */
export const lostByCompaction = (deeds: readonly Deed[], found: Found): Anomaly[] => {
  const records = found.logs.get(`${latest.name}-0`)?.records ?? []
  const last = new Map(records.map(({ value }) => [keyIn(value), value]))
  const written = new Map<string, { readonly values: string[]; acknowledged: number }>()
  for (const { act, how } of writingDeeds(deeds))
    for (const { topic, value } of act.records) {
      if (topic !== latest.name) continue
      const of = written.get(keyIn(value)) ?? { values: [], acknowledged: -1 }
      written.set(keyIn(value), of)
      of.values.push(value)
      if (how === 'done') of.acknowledged = of.values.length - 1
    }
  return [...written].flatMap(([key, { values, acknowledged }]): Anomaly[] => {
    const there = values.indexOf(last.get(key) ?? '')
    return there >= acknowledged
      ? []
      : [
          {
            law: 'lost',
            what: `key ${key} of ${latest.name} has ${last.get(key)}, and ${values[acknowledged]} was acknowledged`,
          },
        ]
  })
}
