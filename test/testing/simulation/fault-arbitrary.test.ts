import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../src/engines/simulated/faults/fault.ts'
import { type AskedFaults, askedFaults, type Faults, presetsOf } from '../../../src/testing/faults.ts'
import { arbitraryFaults } from '../../../src/testing/simulation/fault-arbitrary.ts'

const lengthMs = 5_000
const asked = (faults: Faults): AskedFaults => askedFaults(faults, presetsOf('cluster'))
const drawn = (faults: Faults) => arbitraryFaults(asked(faults), lengthMs)

/** Of each fault by name how many times it comes, in each of many runs. */
const counts = (faults: Faults, runs = 300): readonly Readonly<Record<string, number>>[] =>
  fc.sample(drawn(faults), { numRuns: runs, seed: 1 }).map((list) => {
    const times: Record<string, number> = {}
    for (const { name } of list) times[name] = (times[name] ?? 0) + 1
    return times
  })

const most = (runs: ReturnType<typeof counts>, name: string) => Math.max(...runs.map((one) => one[name] ?? 0))

describe('the faults of a run', () => {
  it('are up to six of those of which no number is said, each as likely as any other', () => {
    const runs = counts(['jepsen', { loss: { severity: 1 }, delay: { forMs: 9 } }])
    const all = runs.map((one) => Object.values(one).reduce((sum, times) => sum + times, 0))
    expect([Math.min(...all), Math.max(...all)]).toEqual([0, 6])
    const often = (name: string) => runs.reduce((sum, one) => sum + (one[name] ?? 0), 0)
    const mean = all.reduce((sum, times) => sum + times, 0) / asked('jepsen').size
    for (const name of ['loss', 'delay', 'zombie']) {
      expect(often(name)).toBeGreaterThan(mean / 3)
      expect(often(name)).toBeLessThan(mean * 3)
    }
  })

  it('are as many as are said, beside those', () => {
    const runs = counts(['rough', { 'disk-full': 3, loss: { times: 12, severity: 1 }, zombie: 0 }])
    expect(most(runs, 'disk-full')).toBe(3)
    expect(most(runs, 'loss')).toBe(12)
    expect(most(runs, 'zombie')).toBe(0)
    const shared = runs.map(({ 'disk-full': _full, loss: _loss, ...others }) =>
      Object.values(others).reduce((sum, times) => sum + times, 0),
    )
    expect(Math.max(...shared)).toBe(6)
  })

  it('are none where none may come', () => {
    expect(counts('calm', 20)).toEqual(Array.from({ length: 20 }, () => ({})))
    expect(counts({ loss: 0 }, 1)).toEqual([{}])
  })

  it('last and are as bad as is said, however small they are made', () => {
    const faults: Faults = [
      'rough',
      {
        loss: { times: 2, severity: [0.5, 0.9] },
        delay: { severity: 0.25, forMs: [700, 800] },
        zombie: { forMs: 9_000 },
      },
    ]
    const isWithin = ({ name, forMs, extent, atMs }: Fault): boolean => {
      const isBadEnough = name !== 'loss' || (extent >= 0.5 && extent <= 0.9)
      const isLongEnough = name !== 'zombie' || forMs === 9_000
      const isBoth = name !== 'delay' || (extent === 0.25 && forMs >= 700 && forMs <= 800)
      return isBadEnough && isLongEnough && isBoth && atMs >= 0 && atMs <= lengthMs && extent >= 0 && extent <= 1
    }
    const seen: Fault[] = fc.sample(drawn(faults), { numRuns: 200, seed: 2 }).flat()
    // whatever is tried while it is made smaller
    const details = fc.check(
      fc.property(drawn(faults), (list) => {
        seen.push(...list)
        return !list.some(({ name }) => name === 'loss')
      }),
      { seed: 3, numRuns: 200 },
    )
    expect(seen.filter((fault) => !isWithin(fault))).toEqual([])
    expect(details.counterexample).toEqual([[{ name: 'loss', atMs: 0, forMs: 50, target: 0, extent: 0.5 }]])
  })
})
