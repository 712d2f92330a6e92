import type { Killed } from './killing.ts'
import type { Anomaly } from './laws/anomaly.ts'
import type { SimulatedResult } from './simulated.ts'

/** What a run has come to. */
export interface Tally {
  /** Processes that were killed. */
  readonly kills: number
  /** Those of them that had not opened their directory yet. */
  readonly killsWhileOpening: number
  /** Processes that died of too little memory. */
  readonly outOfMemory: number
  /** Losses of power of a simulated disk. */
  readonly powerLosses: number
  /** Deaths of a simulated process that leave its writes where they were. */
  readonly simulatedKills: number
  /** Crashes of a recovery, of either kind. */
  readonly whileRecovering: number
  /** Transactions, each counted whenever it was looked for. */
  readonly transactionsChecked: number
  readonly slowestOpeningMs: number
  readonly anomalies: readonly Anomaly[]
}

export const nothing: Tally = {
  kills: 0,
  killsWhileOpening: 0,
  outOfMemory: 0,
  powerLosses: 0,
  simulatedKills: 0,
  whileRecovering: 0,
  transactionsChecked: 0,
  slowestOpeningMs: 0,
  anomalies: [],
}

/** Both together. */
export const summed = (a: Tally, b: Tally): Tally => ({
  kills: a.kills + b.kills,
  killsWhileOpening: a.killsWhileOpening + b.killsWhileOpening,
  outOfMemory: a.outOfMemory + b.outOfMemory,
  powerLosses: a.powerLosses + b.powerLosses,
  simulatedKills: a.simulatedKills + b.simulatedKills,
  whileRecovering: a.whileRecovering + b.whileRecovering,
  transactionsChecked: a.transactionsChecked + b.transactionsChecked,
  slowestOpeningMs: Math.max(a.slowestOpeningMs, b.slowestOpeningMs),
  anomalies: [...a.anomalies, ...b.anomalies],
})

export const ofKilled = (killed: Killed): Tally => ({
  ...nothing,
  kills: killed.kills,
  killsWhileOpening: killed.whileOpening,
  outOfMemory: killed.outOfMemory,
  transactionsChecked: killed.transactions,
  slowestOpeningMs: killed.slowestOpeningMs,
  anomalies: killed.anomalies,
})

export const ofSimulated = (result: SimulatedResult): Tally => ({
  ...nothing,
  powerLosses: result.powerLosses,
  simulatedKills: result.kills,
  whileRecovering: result.doubles,
  transactionsChecked: result.transactions,
  anomalies: result.anomalies,
})

const number = (value: number): string => value.toLocaleString('en-US')

/** The tally in a line. */
export const shown = (tally: Tally): string =>
  [
    `kills ${number(tally.kills)} (${number(tally.killsWhileOpening)} while opening)`,
    `out of memory ${number(tally.outOfMemory)}`,
    `power losses ${number(tally.powerLosses)}`,
    `simulated kills ${number(tally.simulatedKills)}`,
    `while recovering ${number(tally.whileRecovering)}`,
    `transactions checked ${number(tally.transactionsChecked)}`,
    `slowest opening ${number(Math.round(tally.slowestOpeningMs))} ms`,
    `anomalies ${number(tally.anomalies.length)}`,
  ].join(', ')
