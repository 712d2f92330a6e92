import { describe } from 'vitest'
import { a, poll, pollFrom, send, sendTo } from './by-hand.ts'
import { finds, findsNot } from './cases.ts'

describe('offsetAnomalies', () => {
  finds([
    [
      'inconsistent-offsets',
      'two who poll',
      [
        ['p', 'ok', send('a', 'b')],
        ['r', 'ok', poll([0, 'a'])],
        ['s', 'ok', poll([0, 'b'])],
      ],
    ],
    [
      'inconsistent-offsets',
      'one who polls and one who was answered',
      [a, ['p', 'ok', send(['b', 0])], ['r', 'ok', poll([0, 'a'])], ['r', 'ok', pollFrom(0, [0, 'b'])]],
    ],
    [
      'inconsistent-offsets',
      'a poll of a failed operation counts',
      [
        ['p', 'ok', send('a', 'b')],
        ['r', 'ok', poll([0, 'a'])],
        ['s', 'failed', poll([0, 'b'])],
      ],
    ],
    [
      'duplicate',
      'polled at two offsets',
      [
        ['p', 'ok', send('a')],
        ['r', 'ok', poll([0, 'a'], [1, 'a'])],
      ],
    ],
    ['duplicate', 'answered at one, polled at another', [a, ['r', 'ok', poll([1, 'a'])]]],
  ])
  findsNot([
    ['inconsistent-offsets', 'the same value', [a, ['r', 'ok', poll([0, 'a'])], ['s', 'ok', poll([0, 'a'])]]],
    [
      'inconsistent-offsets',
      'the offset of a failed send is free',
      [['q', 'failed', send(['x', 0])], a, ['r', 'ok', poll([0, 'a'])]],
    ],
    [
      'inconsistent-offsets',
      'where an unknown send was to lie that nobody saw',
      [['q', 'unknown', send(['x', 0])], a, ['r', 'ok', poll([0, 'a'])]],
    ],
    [
      'duplicate',
      'one value in two partitions',
      [a, ['p', 'ok', sendTo(1, ['a', 0])], ['r', 'ok', poll([0, 'a'])], ['r', 'ok', pollFrom(1, [0, 'a'])]],
    ],
  ])
})
