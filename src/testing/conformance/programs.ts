import * as fc from 'fast-check'
import type { Actor, Step } from './program.ts'

export const partitions = 2
const pause = fc.nat({ max: 3 })
const sends = fc.array(
  fc.record({ partition: fc.nat({ max: partitions - 1 }), count: fc.integer({ min: 1, max: 3 }) }),
  {
    minLength: 1,
    maxLength: 4,
  },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('append' as const), pause, sends }),
  fc.record({ do: fc.constantFrom('commit' as const, 'abort' as const), pause, sends }),
  fc.record({ do: fc.constant('poll' as const), pause, maxBytes: fc.constantFrom(1, 300, 1 << 20) }),
)

export const program: fc.Arbitrary<readonly Actor[]> = fc.array(
  fc.record({ id: fc.nat({ max: 2 }), steps: fc.array(step, { maxLength: 8 }) }),
  { minLength: 1, maxLength: 5 },
)
