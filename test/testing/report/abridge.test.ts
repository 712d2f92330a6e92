import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { abridge } from '../../../src/testing/report/abridge.ts'
import type { Beat } from '../../../src/testing/report/beat.ts'

const beat = fc.record({
  about: fc.constantFrom<Beat['about'][]>(
    'process',
    'leadership',
    'transaction',
    'group',
    'records',
    'network',
    'fault',
  ),
  who: fc.constantFrom('broker-0', 'broker-1', 'app-1', 'supervisor'),
  what: fc.constantFrom('starts', 'is killed', 'writes 3 records to a-0', 'writes 1 record to a-1', "commits 'x'"),
})
const beats = fc
  .array(beat, { maxLength: 200, size: 'max' })
  .map((some) => some.map((one, at): Beat => ({ ...one, at })))
const room = fc.integer({ min: 10, max: 60 })

describe('abridge', () => {
  it('takes at most the lines there are, in order, and counts every beat once', () =>
    fc.assert(
      fc.property(beats, room, (beats, linesMax) => {
        const lines = abridge(beats, linesMax)
        expect(lines.length).toBeLessThanOrEqual(linesMax)
        expect(lines.reduce((sum, line) => sum + line.beats, 0)).toBe(beats.length)
        expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((a, b) => a - b))
      }),
    ))

  it('leaves a story that fits as it is, but for the same thing three times', () =>
    fc.assert(
      fc.property(fc.array(beat, { maxLength: 10 }), (some) => {
        const beats = some.map((one, at): Beat => ({ ...one, about: 'transaction', what: `${'abcdefghij'[at]}`, at }))
        expect(abridge(beats, 10)).toEqual(beats.map((one) => ({ ...one, beats: 1 })))
      }),
    ))

  it('tells who leads in short before what the application did', () => {
    const told = (about: Beat['about'], count: number) =>
      Array.from(
        { length: count },
        (_, at): Beat => ({ at, about, who: `broker-${at}`, what: `${about} ${'abcdefghijklmnopqrst'[at]}` }),
      )
    const lines = abridge([...told('leadership', 10), ...told('transaction', 12)], 14)
    expect(lines.filter(({ about }) => about === 'transaction')).toHaveLength(12)
    expect(lines.filter(({ about }) => about === 'leadership').map(({ what }) => what)).toEqual([
      '… 10 × leaders and replicas, until 9 ms',
    ])
  })

  it('tells the same thing twice twice, and three times once', () => {
    const sent = Array.from(
      { length: 3 },
      (_, at): Beat => ({
        at,
        about: 'records',
        who: 'app-1',
        what: `sends ${at + 1} record${at === 0 ? '' : 's'} to a-${at}`,
      }),
    )
    expect(abridge(sent.slice(0, 2), 50).map(({ what }) => what)).toEqual([
      'sends 1 record to a-0',
      'sends 2 records to a-1',
    ])
    expect(abridge(sent, 50).map(({ what }) => what)).toEqual(['sends 1 record to a-0 … and 2 like it, until 2 ms'])
  })

  it('tells in one line what was after something was violated', () => {
    const beats = Array.from({ length: 9 }, (_, at): Beat => {
      const about = at === 4 ? 'violation' : at % 2 === 0 ? 'records' : 'group'
      return { at, about, who: 'app-1', what: `${'abcdefghi'[at]}` }
    })
    expect(abridge(beats, 50).map(({ what }) => what)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
      '… 2 × groups and offsets, 2 × records sent, written and read, until 8 ms',
    ])
  })

  it('drops what follows from what was told before it shortens anything', () => {
    const fault = (at: number, isImplied: boolean): Beat => ({
      at,
      about: 'fault',
      who: 'fault',
      what: `${at}`,
      ...(isImplied ? { isImplied: true } : {}),
    })
    const beats = Array.from({ length: 20 }, (_, at) => fault(at, at % 2 === 1))
    expect(abridge(beats, 10).map(({ what }) => what)).toEqual(['0', '2', '4', '6', '8', '10', '12', '14', '16', '18'])
  })
})
