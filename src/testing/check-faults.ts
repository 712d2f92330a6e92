import { given } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { nearest } from '../codec/nearest.ts'
import { checkCount, textHint } from '../codec/option-values.ts'
import { type FaultName, gradualFaults, presets } from '../engines/simulated/faults/fault.ts'
import { faultNames } from '../engines/simulated/faults/nemesis.ts'
import { isPreset } from './faults.ts'

/** Of one fault, in a run. */
const timesMax = 100

/**
 * Refuses faults that there are not, and an intensity that makes none.
 *
 * **Errors** throws a `TypeError` that names the fault and what is wrong with it.
 */
export const checkFaults = (what: string, faults: unknown): void => {
  if (typeof faults === 'string') return isPreset(faults) ? undefined : checkName(what, faults)
  if (Array.isArray(faults)) return faults.forEach((one) => checkFaults(what, one))
  if (typeof faults !== 'object' || faults === null)
    throw new TypeError(
      `${what}: faults are a preset, or a list of faults by name, or { name: intensity }, and not ${given(faults)}`,
    )
  for (const [name, intensity] of Object.entries(faults)) {
    if (isPreset(name))
      throw new TypeError(
        `${what}: '${name}' is a preset, and has no intensity of its own: write faults: ['${name}', { … }], with that of single faults`,
      )
    checkName(what, name)
    checkIntensity(`${what}: faults: ${name}`, name, intensity)
  }
}

function checkName(what: string, name: string): asserts name is FaultName {
  const names: readonly string[] = faultNames
  if (names.includes(name)) return
  const all = Object.keys(presets)
  const meant = nearest(name, [...all, ...names])
  throw new TypeError(
    `${what}: there is no fault '${name}'. There are the presets ${all.join(', ')}, and: ${names.join(', ')}${meant === undefined ? '' : `: did you mean ${meant}?`}`,
  )
}

const checkIntensity = (what: string, name: FaultName, intensity: unknown): void => {
  if (intensity === undefined) return
  if (typeof intensity !== 'object' || intensity === null || Array.isArray(intensity))
    return checkTimes(what, intensity)
  const { times, forMs, severity } = intensity as Readonly<Record<string, unknown>>
  const isGradual = (gradualFaults as readonly FaultName[]).includes(name)
  if (!isGradual && severity !== undefined)
    throw new TypeError(
      `${what} has no severity: it happens, or it does not. More or less bad are ${gradualFaults.join(', ')}`,
    )
  if (name === 'near-wrap' && forMs !== undefined)
    throw new TypeError(`${what} has no forMs: numbers are near their ends from the beginning on`)
  refuseUnknownOptions(what, intensity, ['times', 'forMs', ...(isGradual ? ['severity'] : [])])
  checkTimes(what, times)
  checkRange(`${what}: forMs`, forMs, {
    is: 'a whole number of milliseconds, at least 1',
    holds: (ms) => Number.isSafeInteger(ms) && ms >= 1,
  })
  checkRange(`${what}: severity`, severity, {
    is: 'a number from 0 to 1',
    holds: (share) => share >= 0 && share <= 1,
  })
}

const checkTimes = (what: string, times: unknown): void => {
  checkCount(what, 'times', times, 0)
  if ((times as number) > timesMax) throw new TypeError(`${what}: times is at most ${timesMax}, and not ${times}`)
}

interface Bound {
  /** For people. */
  readonly is: string
  readonly holds: (value: number) => boolean
}

/** One value, or the least and the most. */
const checkRange = (what: string, value: unknown, { is, holds }: Bound): void => {
  if (value === undefined) return
  const [least, most = least, ...more]: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const one of [least, most])
    if (typeof one !== 'number' || !holds(one))
      throw new TypeError(`${what} is ${is}, or [least, most], and not ${given(one)}${textHint(one)}`)
  if (more.length > 0 || (least as number) > (most as number))
    throw new TypeError(`${what}: [least, most] are two in this order, and not ${JSON.stringify(value)}`)
}
