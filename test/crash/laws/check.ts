import type { Found } from '../found.ts'
import type { History } from '../history.ts'
import { scratch, written } from '../topics.ts'
import type { Anomaly } from './anomaly.ts'
import { lostOffsets, otherCopies } from './copies.ts'
import { lostByCompaction } from './kept-by-key.ts'
import { otherTopics } from './topics.ts'
import { otherTotals } from './totals.ts'
import { doubledOrInvented, lost, outOfOrder, placesOf, tornOrAborted, writingDeeds } from './writes.ts'

/** Holds between things that are committed together, whatever was told. */
export type JointLaw = (found: Found) => Anomaly[]

export const jointLaws: readonly JointLaw[] = [otherCopies, otherTotals]

/**
 * Everything that is wrong with what was found after what was told; empty where all is well. `joint` are those of the
 * {@link jointLaws} that must hold: all, unless the power went before what they speak of was durable.
 */
export const anomaliesIn = (history: History, found: Found, joint: readonly JointLaw[] = jointLaws): Anomaly[] => {
  const deeds = writingDeeds(history.deeds)
  const places = placesOf(found, (topic) => written.has(topic))
  return [
    ...doubledOrInvented(deeds, places),
    ...outOfOrder(withoutScratch(deeds), found, places),
    ...lost(deeds, found, places),
    ...tornOrAborted(deeds, places),
    ...lostByCompaction(history.deeds, found),
    ...otherTopics(history.deeds, found),
    ...lostOffsets(history, found),
    ...joint.flatMap((law) => law(found)),
  ]
}

/** What was deleted with its topic is no gap. */
const withoutScratch = (deeds: ReturnType<typeof writingDeeds>): ReturnType<typeof writingDeeds> =>
  deeds.filter(({ act }) => act.records.every(({ topic }) => topic !== scratch.name))
