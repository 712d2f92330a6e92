import type { Durability } from '../../src/log/checkpoint-record.ts'
import type { Crash } from '../../src/testing/forgetful-disk/forgetful-disk.ts'
import type { Found } from './found.ts'
import { exposed, followed, type History, historyOf } from './history.ts'
import type { Anomaly } from './laws/anomaly.ts'
import { anomaliesIn, type JointLaw, jointLaws } from './laws/check.ts'
import { otherThanSeen, type Seen } from './laws/seen.ts'
import type { Told } from './told.ts'

/** What must be found of a directory. */
export interface Standing {
  /** Exposed where the power may have taken it. */
  readonly history: History
  /** What the last opening found, of those that nothing can take back. */
  readonly seen: Seen | undefined
  readonly joint: readonly JointLaw[]
}

/** What stands when the next crash is a kill, and when it is a loss of power. */
export type Standings = Readonly<Record<Crash, Standing>>

const nothing: Standing = { history: historyOf([]), seen: undefined, joint: jointLaws }

export const nothingYet: Standings = { kill: nothing, power: nothing }

/** A life has opened the directory and found so much; in `power` it has made all of that durable. */
export const opened = ({ kill, power }: Standings, durability: Durability, found: Found): Standings => {
  const { history } = kill
  // what a loss of power has torn stays torn
  const joint = jointLaws.filter((law) => law(found).length === 0)
  const standing = { history, seen: { found, before: history.deeds }, joint }
  return { kill: standing, power: durability === 'power' ? standing : power }
}

/** That life has told so much since. */
export const lived = ({ kill, power }: Standings, durability: Durability, told: readonly Told[]): Standings => {
  if (told.length === 0) return { kill, power }
  const history = historyOf(told)
  const after = (standing: Standing): Standing => ({ ...standing, history: followed(standing.history, history) })
  if (durability === 'power') return { kill: after(kill), power: after(power) }
  return { kill: after(kill), power: { ...power, history: followed(power.history, exposed(history)), joint: [] } }
}

/** It has crashed: what a loss of power has left is all there is. */
export const crashed = (standings: Standings, crash: Crash): Standings =>
  crash === 'kill' ? standings : { kill: standings.power, power: standings.power }

/** What is wrong with what was found. */
export const anomaliesAgainst = ({ history, seen, joint }: Standing, found: Found): Anomaly[] => [
  ...anomaliesIn(history, found, joint),
  ...(seen === undefined ? [] : otherThanSeen(seen, found)),
]
