import { partitionName } from '../../../src/contracts/position.ts'
import type { Found } from '../found.ts'
import type { Deed } from '../history.ts'
import type { Anomaly } from './anomaly.ts'
import { writingDeeds } from './writes.ts'

/** Topics are there, have grown and are gone as was acknowledged, and what was cut off stays so. */
export const otherTopics = (deeds: readonly Deed[], found: Found): Anomaly[] => [
  ...[...new Set(deeds.flatMap(({ act }) => ('topic' in act ? [act.topic] : [])))].flatMap((topic) =>
    otherThanSaid(topic, deeds, found),
  ),
  ...cutAnew(deeds, found),
]

/** What a name stands for, as far as it is known. */
interface Known {
  /** `undefined` where it may be either. */
  isThere: boolean | undefined
  /** At least so many. */
  partitions: number
  /** The values of the topic that has the name now, or may have: those of one that was deleted are not among them. */
  values: Set<string>
  /** Those of them that were acknowledged. */
  acknowledged: Set<string>
}

const otherThanSaid = (topic: string, deeds: readonly Deed[], found: Found): Anomaly[] => {
  const known: Known = { isThere: undefined, partitions: 0, values: new Set(), acknowledged: new Set() }
  let comesAndGoes = false
  for (const deed of deeds) {
    const { act, how } = deed
    if ('topic' in act && act.topic === topic) {
      if (act.kind === 'delete') {
        comesAndGoes = true
        known.isThere = how === 'done' ? false : undefined
        known.acknowledged.clear()
        if (how === 'done') known.values.clear()
      } else if (how === 'done') known.isThere = true
      else if (known.isThere === false) known.isThere = undefined
      if (act.kind === 'delete' || act.kind === 'create') known.partitions = 0
      if (act.kind !== 'delete' && how === 'done') known.partitions = act.partitions
    }
    for (const one of writingDeeds([deed]))
      for (const record of one.act.records) {
        if (record.topic !== topic) continue
        known.values.add(record.value)
        if (how === 'done') known.acknowledged.add(record.value)
      }
  }
  return [...wrongShape(topic, known, found), ...(comesAndGoes ? wrongContent(topic, known, found) : [])]
}

const wrongShape = (topic: string, { isThere, partitions }: Known, found: Found): Anomaly[] => {
  const there = found.topics.get(topic)
  if (isThere === true && there === undefined)
    return [{ law: 'topics', what: `${topic} was created, and is not there` }]
  if (isThere === false && there !== undefined) return [{ law: 'topics', what: `${topic} was deleted, and is there` }]
  return there !== undefined && there < partitions
    ? [{ law: 'topics', what: `${topic} was given ${partitions} partitions, and has ${there}` }]
    : []
}

/** Of a name that stood for several topics, only what was written to the last of them is there. */
const wrongContent = (topic: string, { isThere, values, acknowledged }: Known, found: Found): Anomaly[] => {
  const there = [...found.logs.values()].filter((log) => log.topic === topic)
  const present = new Set(there.flatMap(({ records }) => records.map(({ value }) => value)))
  const ghosts = [...present].filter((value) => !values.has(value))
  const missing = isThere === true ? [...acknowledged].filter((value) => !present.has(value)) : []
  return [
    ...ghosts.map((value): Anomaly => ({ law: 'invented', what: `${value} is of a ${topic} that was deleted` })),
    ...missing.map((value): Anomaly => ({ law: 'lost', what: `${value} of ${topic} was acknowledged` })),
  ]
}

const cutAnew = (deeds: readonly Deed[], found: Found): Anomaly[] =>
  deeds.flatMap(({ act, how }) =>
    act.kind !== 'cut' || how !== 'done'
      ? []
      : act.positions.flatMap((position): Anomaly[] => {
          const name = partitionName(position)
          const start = found.logs.get(name)?.start
          return start === undefined || start >= position.offset
            ? []
            : [{ law: 'topics', what: `${name} was cut before ${position.offset}, and begins at ${start}` }]
        }),
  )
