import * as fc from 'fast-check'
import type { Fault, FaultName } from '../../engines/simulated/faults/fault.ts'
import type { AskedFaults, GradualIntensity } from '../faults.ts'

/** How many of those of which no number is said. */
const sharedMax = 6
/** The shortest that a fault lasts where nothing is said. */
const shortestMs = 50

/**
 * The faults of a run that goes on for `lengthMs`: up to six of those of which no number is said, and of each other up to
 * as many as are said. What is said of a fault bounds what is drawn; a drawn fault is as good as any other, to be shrunk
 * and written down.
 */
export const arbitraryFaults = (asked: AskedFaults, lengthMs: number): fc.Arbitrary<readonly Fault[]> => {
  const counted = [...asked].filter(([, { times }]) => times !== undefined)
  const shared = [...asked].filter(([, { times }]) => times === undefined)
  const lists = [
    ...(shared.length === 0 ? [] : [fc.array(anyOf(shared, lengthMs), { maxLength: sharedMax })]),
    ...counted.map(([name, intensity]) =>
      fc.array(arbitraryFault([name], intensity, lengthMs), { maxLength: intensity.times ?? 0, size: 'max' }),
    ),
  ]
  const [only] = lists
  if (only === undefined) return fc.constant([])
  return lists.length === 1 ? only : fc.tuple(...lists).map((drawn) => drawn.flat())
}

/** Each as likely as any other. */
const anyOf = (shared: readonly (readonly [FaultName, GradualIntensity])[], lengthMs: number): fc.Arbitrary<Fault> => {
  const isPlain = ({ forMs, severity }: GradualIntensity) => forMs === undefined && severity === undefined
  const plain = shared.flatMap(([name, intensity]) => (isPlain(intensity) ? [name] : []))
  const bounded = shared.filter(([, intensity]) => !isPlain(intensity))
  const one = (names: readonly FaultName[], intensity: GradualIntensity) => ({
    weight: names.length,
    arbitrary: arbitraryFault(names, intensity, lengthMs),
  })
  const all = [
    ...(plain.length === 0 ? [] : [one(plain, {})]),
    ...bounded.map(([name, intensity]) => one([name], intensity)),
  ]
  return all.length === 1 && all[0] !== undefined ? all[0].arbitrary : fc.oneof(...all)
}

const arbitraryFault = (
  names: readonly FaultName[],
  { forMs, severity = [0, 1] }: GradualIntensity,
  lengthMs: number,
): fc.Arbitrary<Fault> =>
  fc.record({
    name: fc.constantFrom(...names),
    atMs: fc.integer({ min: 0, max: lengthMs }),
    forMs: wholeWithin(forMs ?? [shortestMs, Math.max(shortestMs, lengthMs)]),
    target: fc.nat({ max: 7 }),
    extent: shareWithin(severity),
  })

/** One value, or the least and the most. */
type Range = number | readonly [least: number, most: number]

const boundsOf = (range: Range): readonly [number, number] => (typeof range === 'number' ? [range, range] : range)

const wholeWithin = (range: Range): fc.Arbitrary<number> => {
  const [min, max] = boundsOf(range)
  return fc.integer({ min, max })
}

const shareWithin = (range: Range): fc.Arbitrary<number> => {
  const [least, most] = boundsOf(range)
  if (least === most) return fc.constant(least)
  return fc.integer({ min: 0, max: 100 }).map((percent) => least + ((most - least) * percent) / 100)
}
