import { expect, it } from 'vitest'
import type { AnomalyKind } from '../../../src/testing/history/anomalies.ts'
import { type CheckOptions, checkHistory } from '../../../src/testing/history/check-history.ts'
import { historyOf, type Line } from './by-hand.ts'

/** A history that shows an anomaly of this kind, or nearly. */
export type Case = readonly [kind: AnomalyKind, what: string, lines: readonly Line[], options?: CheckOptions]

/** The kinds of anomalies that a history shows. */
export const kindsIn = (
  lines: readonly Line[],
  options?: CheckOptions,
): { readonly anomalies: readonly AnomalyKind[]; readonly tolerated: readonly AnomalyKind[] } => {
  const { anomalies, tolerated } = checkHistory(historyOf(...lines), options)
  const kinds = (all: typeof anomalies) => [...new Set(all.map(({ kind }) => kind))].sort()
  return { anomalies: kinds(anomalies), tolerated: kinds(tolerated) }
}

export const finds = (cases: readonly Case[]): void => {
  for (const [kind, what, lines, options] of cases)
    it(`finds ${kind}: ${what}`, () => expect(kindsIn(lines, options).anomalies).toContain(kind))
}

export const findsNot = (cases: readonly Case[]): void => {
  for (const [kind, what, lines, options] of cases)
    it(`finds no ${kind}: ${what}`, () => {
      const { anomalies, tolerated } = kindsIn(lines, options)
      expect([...anomalies, ...tolerated]).not.toContain(kind)
    })
}

/** What is tolerated, and shows nothing else that is not. */
export const tolerates = (cases: readonly Case[]): void => {
  for (const [kind, what, lines, options] of cases)
    it(`tolerates ${kind}: ${what}`, () => {
      const { anomalies, tolerated } = kindsIn(lines, options)
      expect({ anomalies, isTolerated: tolerated.includes(kind) }).toEqual({ anomalies: [], isTolerated: true })
    })
}
