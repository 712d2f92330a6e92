import { describe, expect, it } from 'vitest'
import type { InvariantKind } from '../../src/engines/simulated/invariants/partition-watch.ts'
import type { Broken } from '../../src/testing/simulation/machine/witness.ts'
import { type Planted, planted } from './mutants.ts'
import { findPlanted } from './rounds.ts'

/** The others are looked for by `npm run simulate`. */
const cheap = planted.filter(({ isCheap }) => isCheap)

/** Some take hundreds of runs, on a machine that may be busy. */
const timeout = 120_000

describe('the properties', () => {
  it.each(cheap)(
    'find $name by $breaks within $runs runs',
    async (one) => {
      expect(await findPlanted(one, 3)).toBeDefined()
    },
    timeout,
  )
})

describe('what is wrong for a moment only', () => {
  it('is found by whoever looks in the midst of a run, and by nobody else', async () => {
    const late = planted.find(({ name }) => name === 'offsets-after-transaction') as Planted
    const { options } = late.program
    const inTheEnd: typeof options.expect = (e) =>
      [options.expect(e)].flat().map((one) => ('throughout' in one ? { ...one, throughout: false } : one))
    const unseen = { ...late, runs: 20, program: { ...late.program, options: { ...options, expect: inTheEnd } } }
    expect(await findPlanted(unseen, 3)).toBeUndefined()
    const [violation] = (await findPlanted(late, 3))?.outcome.violations ?? []
    expect(violation?.message).toContain('in the midst of the run')
  })
})

/** What has to be left out for each invariant to fail. */
const trippedBy: Readonly<Record<InvariantKind, Planted['name']>> = {
  'two-leaders': 'leader-epoch-stays',
  'epoch-went-back': 'old-metadata-followed',
  'high-watermark-went-back': 'high-watermark-goes-by-all',
  'high-watermark-beyond-isr': 'high-watermark-is-log-end',
  'logs-differ': 'no-divergence-check',
  'committed-lost': 'elects-anybody',
  'acknowledged-too-early': 'acks-1-sold-as-all',
  'stable-offset-went-back': 'lso-ignores-high-watermark',
  'stable-offset-beyond-undecided': 'lso-is-high-watermark',
  'sequence-broken': 'dedup-off',
  'committed-offset-went-back': 'no-generation-fencing',
  'two-writers': 'takeover-keeps-epoch',
  'two-owners': 'assigned-to-everybody',
}

/** What has to be left out for each promise of a machine to be broken. */
const brokenBy: Readonly<Record<Broken, Planted['name']>> = {
  'acknowledged-lost': 'acks-before-sync',
  'committed-offset-lost': 'acks-before-sync',
  'topic-lost': 'directories-unsynced',
  'not-opened': 'journal-unsynced',
}

describe('every invariant', () => {
  it.each([...Object.entries(trippedBy), ...Object.entries(brokenBy)])(
    '%s is seen to fail, with %s',
    (invariant, mutant) => {
      expect(cheap.some(({ name, breaks }) => name === mutant && breaks === invariant)).toBe(true)
    },
  )
})
