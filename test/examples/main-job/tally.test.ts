import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Tally } from '../../../examples/main-job/tally.ts'

const counted = (rows: number, records: readonly (readonly [string, number | undefined])[]) => {
  const tally = new Tally(rows)
  for (const [key, row] of records) tally.add(key, row)
  const { records: all, distinct, duplicated, reordered, wrong } = tally
  return { all, distinct, duplicated, reordered, wrong }
}

const keyOf = (row: number): string => 'abc'[row % 3] ?? ''
const inOrder = (rows: number) => Array.from({ length: rows }, (_, row) => [keyOf(row), row] as const)

describe('Tally', () => {
  it('finds nothing amiss where each row comes once and the rows of a key rise, however the keys are mixed', () =>
    fc.assert(
      fc.property(fc.nat(60), fc.infiniteStream(fc.nat(2)), (rows, picks) => {
        const queues = ['a', 'b', 'c'].map((key) => inOrder(rows).filter(([of]) => of === key))
        const mixed = Array.from({ length: rows }, () => {
          const pick = picks.next().value ?? 0
          const queue = [queues[pick], ...queues].find((candidate) => candidate !== undefined && candidate.length > 0)
          return queue?.shift() ?? ['a', undefined]
        }) as (readonly [string, number])[]
        expect(counted(rows, mixed)).toEqual({ all: rows, distinct: rows, duplicated: 0, reordered: 0, wrong: 0 })
      }),
    ))

  it('sees one that is missing, one that comes twice, one that comes late, and one that is wrong', () => {
    const good = inOrder(9)
    const clean = { all: 9, distinct: 9, duplicated: 0, reordered: 0, wrong: 0 }
    expect(counted(9, good)).toEqual(clean)
    expect(counted(9, good.toSpliced(4, 1))).toEqual({ ...clean, all: 8, distinct: 8 })
    expect(counted(9, [...good, ['b', 4]])).toEqual({ ...clean, all: 10, duplicated: 1 })
    expect(counted(9, [...good.toSpliced(1, 1), ['b', 1]])).toEqual({ ...clean, reordered: 1 })
    expect(
      counted(
        9,
        good.with(4, ['b', 4]).map(([key, row]) => [key, row === 4 ? undefined : row] as const),
      ),
    ).toEqual({ ...clean, distinct: 8, wrong: 1 })
  })
})
