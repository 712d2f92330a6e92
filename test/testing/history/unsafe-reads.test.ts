import { describe } from 'vitest'
import { a, poll, pollFrom, send, sendTo, transaction } from './by-hand.ts'
import { finds, findsNot, tolerates } from './cases.ts'

describe('unsafeReads', () => {
  finds([
    ['unwritten', 'nobody sent it', [['r', 'ok', poll([0, 'a'])]]],
    [
      'unwritten',
      'it was sent to another partition',
      [
        ['p', 'ok', sendTo(1, 'a')],
        ['r', 'ok', poll([0, 'a'])],
        ['r', 'ok', pollFrom(1, [0, 'a'])],
      ],
    ],
    [
      'unwritten',
      'a number is no string',
      [
        ['p', 'ok', send('1')],
        ['r', 'ok', poll([0, '1'], [1, 1])],
      ],
    ],
    [
      'G1a',
      'of a failed transaction',
      [
        ['p', 'failed', transaction(send('a'))],
        ['r', 'ok', poll([0, 'a'])],
      ],
    ],
    [
      'G1a',
      'polled by a failed one',
      [
        ['p', 'failed', send('a')],
        ['r', 'failed', poll([0, 'a'])],
      ],
    ],
    ['precommitted-read', 'its own', [['p', 'ok', transaction(send(['a', 0]), poll([0, 'a']))]]],
    [
      'precommitted-read',
      'of one that was told to commit later',
      [
        ['p', 'ok', { ...transaction(send(['a', 0])), commitMs: 20 }, { completedMs: 30 }],
        ['r', 'ok', poll([0, 'a'])],
      ],
    ],
    ['precommitted-read', 'of a send that began later', [['r', 'ok', poll([0, 'a'])], a]],
  ])
  findsNot([
    [
      'unwritten',
      'by one of whom nothing is known',
      [
        ['p', 'unknown', send('a')],
        ['r', 'ok', poll([0, 'a'])],
      ],
    ],
    [
      'G1a',
      'of an unknown transaction',
      [
        ['p', 'unknown', transaction(send('a'))],
        ['r', 'ok', poll([0, 'a'])],
      ],
    ],
    [
      'precommitted-read',
      'of another that was told to commit',
      [
        ['p', 'ok', { ...transaction(send(['a', 0])), commitMs: 14 }, { completedMs: 30 }],
        ['r', 'ok', poll([0, 'a'])],
      ],
    ],
  ])
  tolerates([['unwritten', 'where others write too', [['r', 'ok', poll([0, 'a'])]], { areWritersRecorded: false }]])
})
