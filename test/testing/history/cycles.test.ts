import { describe, expect, it } from 'vitest'
import { checkHistory } from '../../../src/testing/history/check-history.ts'
import { historyOf, type Line, poll, pollFrom, send, sendTo, transaction } from './by-hand.ts'
import { finds, findsNot, tolerates } from './cases.ts'

const interleaved: readonly Line[] = [
  ['p', 'ok', transaction(send(['a', 0]), sendTo(1, ['b', 1]))],
  ['q', 'ok', transaction(sendTo(1, ['c', 0]), send(['d', 1]))],
  ['r', 'ok', poll([0, 'a'], [1, 'd'])],
  ['r', 'ok', pollFrom(1, [0, 'c'], [1, 'b'])],
]

describe('cycles', () => {
  finds([
    [
      'G1c',
      'each polled what the other had sent',
      [
        ['p', 'ok', transaction(send('a'), pollFrom(1, [0, 'b'])), { completedMs: 25 }],
        ['q', 'ok', transaction(sendTo(1, 'b'), poll([0, 'a']))],
      ],
    ],
  ])
  findsNot([
    [
      'G1c',
      'one polled what the other had sent',
      [
        ['p', 'ok', transaction(send('a'), sendTo(1, 'x'))],
        ['q', 'ok', transaction(sendTo(1, 'b'), poll([0, 'a']))],
        ['r', 'ok', pollFrom(1, [0, 'x'], [1, 'b'])],
      ],
    ],
    ['G1c', 'it polled what it had sent itself', [['p', 'ok', transaction(send(['a', 0]), poll([0, 'a']))]]],
    [
      'G0',
      'two records of one operation',
      [
        ['p', 'ok', send(['a', 0], ['b', 1])],
        ['r', 'ok', poll([0, 'a'], [1, 'b'])],
      ],
    ],
  ])
  tolerates([
    ['G0', 'writes are not isolated', interleaved],
    [
      'G1c',
      'by the order of sends',
      [
        ['p', 'ok', transaction(send(['a', 0]), sendTo(1, ['b', 1])), { completedMs: 8 }],
        ['q', 'ok', transaction(sendTo(1, ['c', 0]), poll([0, 'a']))],
        ['r', 'ok', pollFrom(1, [0, 'c'], [1, 'b'])],
      ],
    ],
  ])

  it('shows a circle as the steps of it', () => {
    const {
      tolerated: [g0, ...others],
    } = checkHistory(historyOf(...interleaved))
    expect(others).toEqual([])
    expect(g0?.operations.map(({ process }) => process).sort()).toEqual(['p', 'q'])
    expect(g0?.what).toBe(
      "'d' at 1 of t-0, sent by q#0 (transaction, ok, 10-15 ms), lies behind 'a' at 0, sent by p#0 (transaction, ok, 0-5 ms); " +
        "'b' at 1 of t-1, sent by p#0 (transaction, ok, 0-5 ms), lies behind 'c' at 0, sent by q#0 (transaction, ok, 10-15 ms)",
    )
  })

  it('tells of those who read each other only once, and not as what is tolerated', () => {
    const { anomalies, tolerated } = checkHistory(
      historyOf(
        ['p', 'ok', transaction(send('a'), pollFrom(1, [0, 'b'])), { completedMs: 25 }],
        ['q', 'ok', transaction(sendTo(1, 'b'), poll([0, 'a']))],
      ),
    )
    expect(anomalies.map(({ kind }) => kind)).toEqual(['G1c'])
    expect(tolerated).toEqual([])
  })
})
