import { describe } from 'vitest'
import { a, b, poll, send, transaction } from './by-hand.ts'
import { finds, findsNot, tolerates } from './cases.ts'

describe('sendOrder', () => {
  finds([
    [
      'int-nonmonotonic-send',
      'answered so',
      [
        ['p', 'ok', send(['a', 1], ['b', 0])],
        ['r', 'ok', poll([0, 'b'], [1, 'a'])],
      ],
    ],
    [
      'int-nonmonotonic-send',
      'seen so',
      [
        ['p', 'unknown', send('a', 'b')],
        ['r', 'ok', poll([0, 'b'], [1, 'a'])],
      ],
    ],
    [
      'nonmonotonic-send',
      'answered so',
      [
        ['p', 'ok', send(['a', 1])],
        ['p', 'ok', send(['b', 0])],
        ['r', 'ok', poll([0, 'b'], [1, 'a'])],
      ],
    ],
    [
      'nonmonotonic-send',
      'an unknown one, before what was acknowledged when it began',
      [
        ['p', 'ok', send(['a', 1])],
        ['p', 'unknown', send('b')],
        ['r', 'ok', poll([0, 'b'], [1, 'a'])],
      ],
    ],
    [
      'int-nonmonotonic-send',
      'both at one offset',
      [
        ['p', 'ok', send(['a', 0], ['b', 0])],
        ['r', 'ok', poll([0, 'a'])],
      ],
    ],
  ])
  findsNot([
    [
      'int-nonmonotonic-send',
      'in order',
      [
        ['p', 'ok', send(['a', 0], ['b', 1])],
        ['r', 'ok', poll([0, 'a'], [1, 'b'])],
      ],
    ],
    [
      'nonmonotonic-send',
      'one that lies at two offsets, by its answer',
      [a, b, ['r', 'ok', poll([0, 'a'], [1, 'b'], [2, 'a'])]],
    ],
    [
      'nonmonotonic-send',
      'an unknown one that came late',
      [
        ['p', 'unknown', send('a')],
        ['p', 'ok', send(['b', 0])],
        ['r', 'ok', poll([0, 'b'], [1, 'a'])],
      ],
    ],
    [
      'nonmonotonic-send',
      'of two processes',
      [
        ['p', 'ok', send(['a', 1])],
        ['q', 'ok', send(['b', 0])],
        ['r', 'ok', poll([0, 'b'], [1, 'a'])],
      ],
    ],
    [
      'nonmonotonic-send',
      'one that failed and was read all the same',
      [
        ['p', 'ok', send(['a', 1])],
        ['p', 'failed', send('b')],
        ['r', 'ok', poll([0, 'b'], [1, 'a'])],
      ],
    ],
    [
      'nonmonotonic-send',
      'an unknown one that was to lie where another was read',
      [
        ['p', 'ok', send(['a', 1])],
        ['p', 'unknown', send(['x', 0])],
        ['q', 'ok', send(['b', 0])],
        ['r', 'ok', poll([0, 'b'], [1, 'a'])],
      ],
    ],
    [
      'nonmonotonic-send',
      'one that lies at two offsets, and nobody knows which was answered',
      [['p', 'ok', send('a')], b, ['r', 'ok', poll([0, 'a'], [1, 'b'], [2, 'a'])]],
    ],
    [
      'int-send-skip',
      'perhaps a record of its own',
      [['p', 'ok', send(['a', 0], 'x', ['c', 2])], b, ['r', 'ok', poll([0, 'a'], [1, 'b'], [2, 'c'])]],
    ],
  ])
  tolerates([
    [
      'int-send-skip',
      'writes are not isolated',
      [
        ['p', 'ok', transaction(send(['a', 0], ['c', 2]))],
        ['q', 'ok', send(['b', 1])],
        ['r', 'ok', poll([0, 'a'], [1, 'b'], [2, 'c'])],
      ],
    ],
  ])
})
