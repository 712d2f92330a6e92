import { type Anomaly, type AnomalyKind, anomalyKinds, type Found } from './anomalies.ts'
import { cycles } from './cycles.ts'
import { evidenceOf } from './evidence.ts'
import type { History } from './history.ts'
import { missingWrites } from './missing-writes.ts'
import { offsetAnomalies } from './offsets.ts'
import { type PartitionsBy, pollOrder } from './poll-order.ts'
import { sendOrder } from './send-order.ts'
import { unsafeReads } from './unsafe-reads.ts'

export interface CheckOptions {
  /**
   * How processes come by their partitions that neither assign nor subscribe in the history. Default: `assign`. While
   * they subscribe, it is no fault when an operation goes on elsewhere than the one before it ended.
   */
  readonly partitionsBy?: PartitionsBy
  /** Whether all was read to the end after the last send; otherwise what is unseen may still come. Default: true. */
  readonly isReadToItsEnd?: boolean
  /** Whether the history has everybody who writes to its partitions. Default: true. */
  readonly areWritersRecorded?: boolean
}

/** What a history shows. */
export interface HistoryReport {
  /** What must not be: the first {@link examplesMax} of each kind. Empty where all is well. */
  readonly anomalies: readonly Anomaly[]
  /** What Kafka's rules allow, and is worth knowing: the first {@link examplesMax} of each kind. */
  readonly tolerated: readonly Anomaly[]
  /** How many of each kind there are, of both sorts, examples or not. */
  readonly counts: Readonly<Record<AnomalyKind, number>>
}

/** How many of one kind a report shows; it counts them all. */
export const examplesMax = 32

/**
 * Judges a history by the anomalies of Jepsen's Kafka workload.
 *
 * What must be in the log is inferred: what was acknowledged, and of what is unknown, that which somebody has polled; of
 * a transaction then all. Polls are believed whatever became of their operation: consumers of committed records never
 * see others.
 *
 * **Needs** values that are sent to a partition once; polls that read committed; partitions from which nothing is deleted
 * meanwhile, by hand, age or compaction. To prove that nothing was lost, let a fresh reader poll everything at the end.
 *
 * **Errors** throws where a value was sent to one partition twice.
 *
 * O(n log n) in the records sent and polled.
 */
export const checkHistory = (
  history: History,
  { partitionsBy = 'assign', isReadToItsEnd = true, areWritersRecorded = true }: CheckOptions = {},
): HistoryReport => {
  const report = emptyReport()
  const found: Found = (kind, show, isTolerated = false) => {
    report.counts[kind] += 1
    const list = isTolerated ? report.tolerated : report.anomalies
    const examples = list.get(kind) ?? []
    list.set(kind, examples)
    if (examples.length < examplesMax) examples.push({ kind, ...show() })
  }
  const evidence = evidenceOf(history)
  offsetAnomalies(evidence, found)
  missingWrites(evidence, found, isReadToItsEnd)
  unsafeReads(evidence, found, areWritersRecorded)
  pollOrder(evidence, found, partitionsBy)
  sendOrder(evidence, found)
  cycles(evidence, found)
  return {
    anomalies: [...report.anomalies.values()].flat(),
    tolerated: [...report.tolerated.values()].flat(),
    counts: report.counts,
  }
}

const emptyReport = () => ({
  anomalies: new Map<AnomalyKind, Anomaly[]>(),
  tolerated: new Map<AnomalyKind, Anomaly[]>(),
  counts: Object.fromEntries(Object.keys(anomalyKinds).map((kind) => [kind, 0])) as Record<AnomalyKind, number>,
})
