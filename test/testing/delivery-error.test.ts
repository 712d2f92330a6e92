import { describe, expect, it } from 'vitest'
import { counterexample } from '../../src/testing/delivery-error.ts'
import type { Violation } from '../../src/testing/simulation/plan.ts'
import { doubledBatch, outcomeOf } from './report/traces.ts'

const plan = { seed: 1, cluster: {}, input: [], faults: [], instances: 1 }

const told = (violations: readonly Violation[]): readonly string[] =>
  counterexample({ plan, outcome: outcomeOf(doubledBatch.trace, violations), replay: 'mr1:abc' }).split('\n')

describe('a counterexample', () => {
  it('says what was promised, how it came about, and how to see it again, on a line of its own', () => {
    const lines = told(doubledBatch.violations)
    expect(lines.slice(0, 3)).toEqual([
      "exactlyOnce('sums') does not hold:",
      '  repeated: a → 1 (there 2×, expected 1×)',
      '',
    ])
    expect(lines[3]).toMatch(/^ {5}0 ms ● broker-0 {2}… 1 × life and death \(1 started\), 2 × leaders/)
    expect(lines.at(-2)).toBe('replayed: 0 records, 0 faults, 1 instance')
    expect(lines.at(-1)).toBe("replay it with: deliverySemantics({ …, replay: 'mr1:abc' })")
  })

  it('stays a screen long, however much was violated', () => {
    const violations = Array.from({ length: 30 }, (_, at) => ({
      kind: 'exactlyOnce',
      message: Array.from({ length: 50 }, (_, line) => `${at}.${line}`).join('\n'),
      atMs: at,
    }))
    const lines = told(violations)
    expect(lines.slice(11, 14)).toEqual(['0.11', '  … and 38 more lines', '1.0'])
    expect(lines[5 * 13]).toBe('… and 25 more that were violated')
    expect(lines.length).toBeLessThan(30 + 5 * 13 + 10)
  })
})
