import { describe } from 'vitest'
import { a, b, c, poll, pollFrom, send, sendTo, transaction } from './by-hand.ts'
import { finds, findsNot, tolerates } from './cases.ts'

describe('missingWrites', () => {
  finds([
    ['lost-write', 'below what was read', [a, b, ['r', 'ok', poll([1, 'b'])]]],
    [
      'lost-write',
      'of an unknown transaction that was read in part',
      [
        ['p', 'unknown', transaction(send(['a', 0]), sendTo(1, ['b', 0]))],
        ['q', 'ok', send(['c', 1])],
        ['r', 'ok', poll([1, 'c'])],
        ['r', 'ok', pollFrom(1, [0, 'b'])],
      ],
    ],
    ['unseen', 'acknowledged and never polled', [a]],
    ['unseen', 'at an offset that nobody knows', [['p', 'ok', send('a')], b, ['r', 'ok', poll([1, 'b'])]]],
    [
      'unseen',
      'the rest of an unknown transaction',
      [
        ['p', 'unknown', transaction(send('a'), sendTo(1, 'b'))],
        ['r', 'ok', poll([0, 'a'])],
      ],
    ],
    [
      'lost-write',
      'below what was read before others',
      [a, b, c, ['r', 'ok', poll([2, 'c'])], ['s', 'ok', poll([0, 'a'])]],
    ],
    ['lost-write', 'another was read in its place', [a, ['p', 'ok', send('b')], ['r', 'ok', poll([0, 'b'])]]],
  ])
  findsNot([
    ['lost-write', 'behind what was read', [a, b, ['r', 'ok', poll([0, 'a'])]]],
    ['lost-write', 'read by a failed operation', [a, b, ['r', 'failed', poll([0, 'a'])], ['s', 'ok', poll([1, 'b'])]]],
    ['lost-write', 'of a failed operation', [['p', 'failed', send(['a', 0])], b, ['r', 'ok', poll([1, 'b'])]]],
    [
      'lost-write',
      'of an unknown transaction of which nothing was read',
      [['q', 'unknown', transaction(send(['a', 0]))], b, ['r', 'ok', poll([1, 'b'])]],
    ],
    [
      'lost-write',
      'of an unknown send of which another record was read',
      [
        ['q', 'unknown', send(['a', 0], ['b', 1])],
        ['r', 'ok', poll([1, 'b'])],
      ],
    ],
    ['unseen', 'polled', [a, ['r', 'ok', poll([0, 'a'])]]],
    ['unseen', 'unknown', [['p', 'unknown', send('a')]]],
  ])
  tolerates([['unseen', 'while the history goes on', [a], { isReadToItsEnd: false }]])
})
