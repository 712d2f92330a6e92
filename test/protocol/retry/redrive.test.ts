import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fateOf,
  isAskedFor,
  type LetterFacts,
  type LetterFilter,
  letterId,
} from '../../../src/protocol/retry/redrive.ts'

const few = fc.constantFrom('a', 'b')
const letter: fc.Arbitrary<LetterFacts> = fc.record({
  topic: fc.constant('dead'),
  partition: fc.nat(1),
  offset: fc.nat(3),
  timestamp: fc.nat(5),
  key: fc.option(few),
  pipeline: few,
  error: few,
  reason: fc.constantFrom('a: no', 'b: not now', ''),
  origin: fc.record({ topic: few, partition: fc.nat(1), offset: fc.nat(3) }),
  redriven: fc.nat(3),
})

/** One thing that is asked for, and whether a letter is that. */
type Asked = readonly [LetterFilter, (letter: LetterFacts) => boolean]
const asked: fc.Arbitrary<readonly Asked[]> = fc
  .tuple(
    few.map((pipeline): Asked => [{ pipeline }, (one) => one.pipeline === pipeline]),
    few.map((error): Asked => [{ error }, (one) => one.error === error]),
    fc.constantFrom('no', 'not', '').map((reason): Asked => [{ reason }, (one) => one.reason.indexOf(reason) >= 0]),
    few.map((origin): Asked => [{ origin }, (one) => one.origin.topic === origin]),
    fc.option(few).map((key): Asked => [{ key }, (one) => one.key === key]),
    fc.nat(5).map((since): Asked => [{ since }, (one) => !(one.timestamp < since)]),
    fc.nat(5).map((before): Asked => [{ before }, (one) => !(one.timestamp >= before)]),
    fc.array(letter).map((some): Asked => {
      const letters = new Set(some.map(letterId))
      return [{ letters }, (one) => some.some((other) => letterId(other) === letterId(one))]
    }),
  )
  .chain((all) => fc.subarray(all))

describe('a filter of letters', () => {
  it('asks for those that are all of what it says', () =>
    fc.assert(
      fc.property(asked, letter, (all, one) => {
        const filter = Object.assign({}, ...all.map(([part]) => part)) as LetterFilter
        expect(isAskedFor(filter, one)).toBe(all.every(([, is]) => is(one)))
      }),
      { numRuns: 500 },
    ))
})

describe('a letter', () => {
  it('moves where it is asked for, has not moved, may come back once more, and there is room', () =>
    fc.assert(
      fc.property(
        letter,
        fc.boolean(),
        fc.boolean(),
        fc.nat(3),
        fc.nat(4),
        fc.nat(4),
        (one, is, isMoved, limit, max, moved) => {
          const filter = { pipeline: is ? one.pipeline : 'another' }
          const fate = fateOf({ filter, redrivesMax: limit, max }, one, { isMoved, moved })
          expect(fate === 'not-asked-for').toBe(!is)
          expect(fate === 'moves').toBe(is && !isMoved && one.redriven < limit && moved < max)
          if (is && isMoved) expect(fate).toBe('moved-before')
        },
      ),
    ))
})
