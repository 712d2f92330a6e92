import { partitionName } from '../../../src/contracts/position.ts'
import type { Found } from '../found.ts'
import type { Deed } from '../history.ts'
import type { Written } from '../told.ts'
import { latest, scratch, trimmed } from '../topics.ts'
import type { Anomaly } from './anomaly.ts'

/** Where each value lies: every place, should there be several. */
export type Places = ReadonlyMap<string, readonly { readonly log: string; readonly offset: number }[]>

/** The places of all values in those logs of `found` whose topics `wanted` admits. */
export const placesOf = (found: Found, wanted: (topic: string) => boolean): Places => {
  const places = new Map<string, { readonly log: string; readonly offset: number }[]>()
  for (const [log, { topic, records }] of found.logs) {
    if (!wanted(topic)) continue
    for (const { value, offset } of records) {
      const there = places.get(value)
      if (there === undefined) places.set(value, [{ log, offset }])
      else there.push({ log, offset })
    }
  }
  return places
}

export type WritingDeed = Deed & { readonly act: Extract<Deed['act'], { readonly kind: 'send' | 'transaction' }> }

export const writingDeeds = (deeds: readonly Deed[]): readonly WritingDeed[] =>
  deeds.filter((deed): deed is WritingDeed => deed.act.kind === 'send' || deed.act.kind === 'transaction')

/** Nothing is there twice, and nothing that was not written just there. */
export const doubledOrInvented = (deeds: readonly WritingDeed[], places: Places): Anomaly[] => {
  const written = new Map(deeds.flatMap(({ act }) => act.records.map((record) => [record.value, record] as const)))
  return [...places].flatMap(([value, there]) => {
    const record = written.get(value)
    const strange = there.filter(({ log }) => record === undefined || partitionName(record) !== log)
    return [
      ...strange.map(({ log, offset }): Anomaly => {
        return { law: 'invented', what: `${value} at ${offset} of ${log}: nobody wrote it there` }
      }),
      ...there.slice(1).map(({ log, offset }): Anomaly => {
        return { law: 'doubled', what: `${value} is at ${there[0]?.offset}, and again at ${offset} of ${log}` }
      }),
    ]
  })
}

/** What was acknowledged is there, where it was said to be; a compacted topic, and one that comes and goes, have laws of their own. */
export const lost = (deeds: readonly WritingDeed[], found: Found, places: Places): Anomaly[] =>
  deeds
    .filter(({ how, act }) => how === 'done' && (act.kind === 'send' || act.commits))
    .flatMap(({ act, at }) =>
      act.records.flatMap((record, index): Anomaly[] => {
        if (record.topic === latest.name || record.topic === scratch.name) return []
        const [place] = places.get(record.value) ?? []
        const said = at[index]
        if (isDeleted(record, said, found)) return []
        const where = `${record.value} of ${partitionName(record)}`
        if (place === undefined) return [{ law: 'lost', what: `${where} was acknowledged${atOffset(said)}` }]
        return said === undefined || place.offset === said
          ? []
          : [{ law: 'lost', what: `${where} was acknowledged${atOffset(said)}, and is at ${place.offset}` }]
      }),
    )

const atOffset = (offset: number | undefined): string => (offset === undefined ? '' : ` at ${offset}`)

/** Retention, or a deletion, has let go of it: elsewhere nothing is deleted. */
const isDeleted = (record: Written, offset: number | undefined, found: Found): boolean =>
  record.topic === trimmed.name && offset !== undefined && offset < (found.logs.get(partitionName(record))?.start ?? 0)

/** A transaction is there as a whole, or not at all, unless it is exposed; not at all where it was given up. */
export const tornOrAborted = (deeds: readonly WritingDeed[], places: Places): Anomaly[] =>
  deeds.flatMap(({ act, how, isExposed }): Anomaly[] => {
    const there = act.records.filter(({ value }) => places.has(value))
    if (there.length === 0) return []
    const some = there.map((record) => `${record.value} of ${partitionName(record)}`).join(', ')
    if (how === 'given up' || (act.kind === 'transaction' && !act.commits))
      return [{ law: 'aborted', what: `${some} was given up` }]
    return isExposed || act.kind === 'send' || there.length === act.records.length
      ? []
      : [{ law: 'torn', what: `only ${some} is there, of ${act.records.map(({ value }) => value).join(', ')}` }]
  })

/**
 * What one writer wrote to one partition is there in that order. Of plain sends a beginning is there: none is missing
 * before one that is there, unless it was refused.
 */
export const outOfOrder = (deeds: readonly WritingDeed[], found: Found, places: Places): Anomaly[] => {
  const lanes = new Map<string, { offset: number; value: string; missing: string | undefined }>()
  const anomalies: Anomaly[] = []
  for (const { act, how, at } of deeds)
    for (const [index, record] of act.records.entries()) {
      const log = partitionName(record)
      const name = `${act.lane} in ${log}`
      const lane = lanes.get(name) ?? { offset: -1, value: '', missing: undefined }
      lanes.set(name, lane)
      const offset = places.get(record.value)?.[0]?.offset
      if (offset === undefined) {
        const mayBeGone = act.kind === 'transaction' || how === 'given up' || how === 'unknown'
        const isKept = record.topic !== latest.name && !isDeleted(record, at[index], found)
        if (!mayBeGone && isKept) lane.missing ??= record.value
        continue
      }
      if (lane.missing !== undefined) {
        anomalies.push({
          law: 'order',
          what: `${name}: ${record.value} is there, and ${lane.missing} before it is not`,
        })
        lane.missing = undefined
      }
      if (offset < lane.offset)
        anomalies.push({
          law: 'order',
          what: `${name}: ${record.value} lies before ${lane.value}, after which it was written`,
        })
      lane.offset = offset
      lane.value = record.value
    }
  return anomalies
}
