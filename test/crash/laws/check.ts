import type { Found } from '../found.ts'
import type { History } from '../history.ts'
import { journal, latest, ledger, plain, scratch, trimmed } from '../topics.ts'
import type { Anomaly } from './anomaly.ts'
import { lostOffsets, otherCopies } from './copies.ts'
import { lostByCompaction } from './kept-by-key.ts'
import { otherTopics } from './topics.ts'
import { otherTotals } from './totals.ts'
import { doubledOrInvented, lost, outOfOrder, placesOf, tornOrAborted, writingDeeds } from './writes.ts'

/**
 * What a crash may not change: `all` that was acknowledged is there, and what belongs together is there together; or
 * only what a loss of power leaves where nothing was synced, a `prefix` of each partition.
 */
export type Promised = 'all' | 'prefix'

const written: ReadonlySet<string> = new Set([plain, ledger, journal, trimmed, latest, scratch].map(({ name }) => name))

/** Everything that is wrong with what was found after what was told; empty where all is well. */
export const anomaliesIn = (history: History, found: Found, promised: Promised): Anomaly[] => {
  const deeds = writingDeeds(history.deeds)
  const places = placesOf(found, (topic) => written.has(topic))
  const always = [...doubledOrInvented(deeds, places), ...outOfOrder(withoutScratch(deeds), found, places)]
  if (promised === 'prefix') return [...always, ...tornOrAborted(deeds, places).filter(({ law }) => law === 'aborted')]
  return [
    ...always,
    ...lost(deeds, found, places),
    ...tornOrAborted(deeds, places),
    ...lostByCompaction(history.deeds, found),
    ...otherTopics(history.deeds, found),
    ...otherCopies(found),
    ...lostOffsets(history, found),
    ...otherTotals(found),
  ]
}

/** What was deleted with its topic is no gap. */
const withoutScratch = (deeds: ReturnType<typeof writingDeeds>): ReturnType<typeof writingDeeds> =>
  deeds.filter(({ act }) => act.records.every(({ topic }) => topic !== scratch.name))
