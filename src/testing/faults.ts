import { type FaultName, type GradualFault, presets } from '../engines/simulated/faults/fault.ts'
import { machinePresets } from './simulation/machine/machine-faults.ts'

/** Faults that go together: see the guide. */
export type FaultPreset = keyof typeof presets

/** How often a fault befalls a run, and for how long. */
export interface Intensity {
  /** How many times in a run, at most; 0: never. Those of which it is not said share six. */
  readonly times?: number
  /** How long each time, or between which two, in virtual milliseconds; up to `lengthMs` where nothing is said. */
  readonly forMs?: number | readonly [least: number, most: number]
}

/** How bad a fault is, too. */
export interface GradualIntensity extends Intensity {
  /** From 0 to 1, or between which two; anything where nothing is said. */
  readonly severity?: number | readonly [least: number, most: number]
}

/** Of a fault that is there from the beginning on, whenever it is told. */
type WithoutLength = Omit<GradualIntensity, 'forMs'>

/** What can be said of a fault. */
type IntensityOf<N extends FaultName> = N extends 'near-wrap'
  ? WithoutLength
  : N extends GradualFault
    ? GradualIntensity
    : Intensity

/** Faults by name, each with how many times it comes at most, or with all that is to be said of it. */
export type FaultIntensities = { readonly [N in FaultName]?: number | IntensityOf<N> }

/**
 * What befalls a program: a preset, a fault by its name, faults with their intensity, or a list of these. Of a fault that is
 * named more than once the last one counts.
 */
export type Faults = FaultPreset | FaultName | FaultIntensities | readonly Faults[]

/** All that is said of faults, of each what was said last. */
export type AskedFaults = ReadonlyMap<FaultName, GradualIntensity>

/** What presets hold, on an engine. */
export type Presets = Readonly<Record<FaultPreset, readonly FaultName[]>>

/** Takes all apart that `faults` are composed of, which are known to make sense; what is never to come is left out. */
export const askedFaults = (faults: Faults, inPreset: Presets): AskedFaults => {
  const asked = new Map<FaultName, GradualIntensity>()
  const say = (name: FaultName, intensity: GradualIntensity) => {
    asked.delete(name)
    asked.set(name, intensity)
  }
  const take = (one: Faults): void => {
    if (isList(one)) one.forEach(take)
    else if (typeof one !== 'string')
      for (const [name, said] of Object.entries(one)) say(name as FaultName, intensityOf(said))
    else if (isPreset(one)) for (const name of inPreset[one]) say(name, {})
    else say(one, {})
  }
  take(faults)
  for (const [name, { times }] of asked) if (times === 0) asked.delete(name)
  return asked
}

export const isPreset = (name: string): name is FaultPreset => Object.hasOwn(presets, name)

/** `Array.isArray` does not tell lists that are read only. */
const isList = (faults: Faults): faults is readonly Faults[] => Array.isArray(faults)

const intensityOf = (said: number | GradualIntensity | undefined): GradualIntensity =>
  typeof said === 'number' ? { times: said } : (said ?? {})

/** What presets hold where there is one machine and no cluster. */
export const presetsOf = (engine: 'cluster' | 'embedded'): Presets => (engine === 'embedded' ? machinePresets : presets)

/** Nothing, so that what is left was named. */
export const nothingInPresets: Presets = { calm: [], rough: [], jepsen: [] }
