import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Mutant } from '../../../src/engines/simulated/cluster-options.ts'
import { type Fault, type FaultName, presets } from '../../../src/engines/simulated/faults/fault.ts'
import type { InvariantKind } from '../../../src/engines/simulated/invariants/partition-watch.ts'
import { jepsenRun } from '../../support/jepsen-run.ts'

const names = presets.jepsen

const faultOf = (names: readonly FaultName[]): fc.Arbitrary<Fault> =>
  fc.record({
    name: fc.constantFrom(...names),
    atMs: fc.nat({ max: 2_000 }),
    forMs: fc.integer({ min: 50, max: 3_000 }),
    target: fc.nat({ max: 15 }),
    extent: fc.double({ min: 0, max: 1, noNaN: true }),
  })

/** Early, long and bad. */
const badlyOf = (names: readonly FaultName[]): fc.Arbitrary<Fault> =>
  faultOf(names).map((fault) => ({
    ...fault,
    atMs: fault.atMs / 4,
    forMs: 1_000 + fault.forMs,
    extent: (1 + fault.extent) / 2,
  }))

const run = async (seed: number, faults: readonly Fault[], mutants: readonly Mutant[] = []) => {
  const { broken, stuck, wrong, anomalies } = await jepsenRun({ seed, faults, cluster: { mutants } })
  return { broken, stuck, wrong, anomalies }
}

describe('the simulated cluster', () => {
  it('keeps its promises under any faults', async () => {
    const nothing = { broken: [], stuck: [], wrong: [], anomalies: [] }
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(faultOf(names), { maxLength: 6 }), async (seed, faults) => {
        expect(await run(seed, faults)).toEqual(nothing)
      }),
      { numRuns: 20 },
    )
  }, 120_000)

  it('is the same run for the same seed and faults', async () => {
    const faults: readonly Fault[] = [
      { name: 'power-loss', atMs: 300, forMs: 900, target: 1, extent: 1 },
      { name: 'process-crash', atMs: 400, forMs: 900, target: 2, extent: 1 },
      { name: 'delay', atMs: 0, forMs: 2_000, target: 1, extent: 0.5 },
    ]
    const [one, other] = [await jepsenRun({ seed: 1, faults }), await jepsenRun({ seed: 1, faults })]
    expect(other.world.trace.hash).toBe(one.world.trace.hash)
    expect(other.history).toEqual(one.history)
  })
})

/** What a cluster that is broken on purpose breaks, and with which faults that is seen. */
const mutants: readonly (readonly [Mutant, InvariantKind | 'moved not exactly once', readonly FaultName[]])[] = [
  ['dedup-off', 'sequence-broken', ['loss', 'duplicate-request']],
  ['sequence-check-off', 'sequence-broken', ['reordering', 'delay', 'loss']],
  ['lso-is-high-watermark', 'stable-offset-beyond-undecided', []],
  ['acks-1-sold-as-all', 'acknowledged-too-early', []],
  ['offsets-outside-transaction', 'moved not exactly once', ['process-crash']],
]

describe('a cluster that is broken on purpose', () => {
  it.each(mutants)(
    'is found out: %s',
    async (mutant, kind, names) => {
      const faults = names.length === 0 ? fc.constant([]) : fc.array(badlyOf(names), { minLength: 6, maxLength: 6 })
      const found = await fc.check(
        fc.asyncProperty(fc.nat(), faults, async (seed, faults) => {
          const { broken, wrong } = await run(seed, faults, [mutant])
          return kind === 'moved not exactly once' ? wrong.length === 0 : broken.every((one) => one.kind !== kind)
        }),
        { seed: 1, numRuns: 40, endOnFailure: true },
      )
      expect(found.failed).toBe(true)
    },
    60_000,
  )
})
