import { given } from '../../codec/arguments.ts'
import { type AnomalyKind, anomalyKinds } from '../history/anomalies.ts'
import { type CheckOptions, checkHistory } from '../history/check-history.ts'
import type { History } from '../history/history.ts'
import { type MatcherResult, matcherResult } from './matcher-result.ts'

/** How many anomalies a message tells; it counts them all. */
const toldMax = 5

/** The history shows nothing that must not be, as `checkHistory` judges it. */
export const toHaveNoAnomalies = (received: unknown, options: CheckOptions = {}): MatcherResult => {
  if (!isHistory(received))
    throw new TypeError(
      `expect(…).toHaveNoAnomalies(…) takes a history, and not ${given(received)}: write expect(recorder.history())`,
    )
  const { anomalies, counts } = checkHistory(received, options)
  const told = anomalies.slice(0, toldMax).map(({ kind, what }) => `${kind} (${anomalyKinds[kind]}): ${what}`)
  const kinds = [...new Set(anomalies.map(({ kind }) => kind))]
  const all = kinds.map((kind: AnomalyKind) => `${counts[kind]} × ${kind}`).join(', ')
  const size = `${received.operations.length} operations`
  return matcherResult(
    anomalies.length === 0 ? undefined : [`a history of ${size} shows what must not be, ${all}:`, ...told].join('\n  '),
    `a history of ${size} shows no anomaly, and was to show one`,
  )
}

const isHistory = (value: unknown): value is History =>
  typeof value === 'object' && value !== null && 'operations' in value && Array.isArray(value.operations)
