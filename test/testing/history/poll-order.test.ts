import { describe, expect, it } from 'vitest'
import { a, abc, assign, type Line, poll, send, subscribe, transaction } from './by-hand.ts'
import { finds, findsNot, kindsIn, tolerates } from './cases.ts'

describe('pollOrder', () => {
  finds([
    ['int-poll-skip', 'one of three', [...abc, ['r', 'ok', poll([0, 'a'], [2, 'c'])]]],
    [
      'int-poll-skip',
      'between two polls of a transaction',
      [...abc, ['r', 'ok', transaction(poll([0, 'a']), poll([2, 'c']))]],
    ],
    ['int-nonmonotonic-poll', 'backwards', [...abc, ['r', 'ok', poll([1, 'b'], [0, 'a'])]]],
    ['int-nonmonotonic-poll', 'again', [a, ['r', 'ok', poll([0, 'a'], [0, 'a'])]]],
    ['poll-skip', 'one of three', [...abc, ['r', 'ok', poll([0, 'a'])], ['r', 'ok', poll([2, 'c'])]]],
    ['poll-skip', 'what an assignment begins with', [...abc, ['r', 'ok', assign(0)], ['r', 'ok', poll([1, 'b'])]]],
    [
      'poll-skip',
      'the consumer of a failed transaction goes back',
      [...abc, ['r', 'ok', poll([0, 'a'])], ['r', 'failed', transaction(poll([1, 'b']))], ['r', 'ok', poll([2, 'c'])]],
    ],
    ['nonmonotonic-poll', 'backwards', [...abc, ['r', 'ok', poll([1, 'b'])], ['r', 'ok', poll([0, 'a'])]]],
    ['nonmonotonic-poll', 'again', [a, ['r', 'ok', poll([0, 'a'])], ['r', 'ok', poll([0, 'a'])]]],
    [
      'nonmonotonic-poll',
      'before an assignment',
      [...abc, ['r', 'ok', assign(2)], ['r', 'ok', poll([1, 'b'], [2, 'c'])]],
    ],
    [
      'nonmonotonic-poll',
      'a partition that it keeps',
      [a, ['r', 'ok', poll([0, 'a'])], ['r', 'ok', assign()], ['r', 'ok', poll([0, 'a'])]],
    ],
    [
      'nonmonotonic-poll',
      'an assignment that failed',
      [...abc, ['r', 'ok', poll([0, 'a'])], ['r', 'failed', assign(0)], ['r', 'ok', poll([0, 'a'])]],
    ],
  ])
  findsNot([
    [
      'int-poll-skip',
      'offsets at which there is no record',
      [
        ['p', 'ok', send(['a', 0], ['c', 2])],
        ['r', 'ok', poll([0, 'a'], [2, 'c'])],
      ],
    ],
    [
      'int-poll-skip',
      'a partition that was rebalanced meanwhile',
      [...abc, ['r', 'ok', { ...poll([0, 'a'], [2, 'c']), rebalanced: [{ topic: 't', partition: 0 }] }]],
    ],
    ['int-nonmonotonic-poll', 'forwards', abc],
    ['poll-skip', 'what is next', [...abc, ['r', 'ok', poll([0, 'a'])], ['r', 'ok', poll([1, 'b'])]]],
    [
      'poll-skip',
      'a marker',
      [
        ['p', 'ok', send(['a', 0], ['c', 2])],
        ['r', 'ok', poll([0, 'a'])],
        ['r', 'ok', poll([2, 'c'])],
      ],
    ],
    [
      'poll-skip',
      'another assignment',
      [...abc, ['r', 'ok', poll([0, 'a'])], ['r', 'ok', assign(2)], ['r', 'ok', poll([2, 'c'])]],
    ],
    [
      'poll-skip',
      'another life',
      [...abc, ['r', 'ok', poll([0, 'a'])], ['r', 'ok', { _tag: 'crash' }], ['r', 'ok', poll([2, 'c'])]],
    ],
    [
      'poll-skip',
      'behind one of which nobody knows whether it went back',
      [...abc, ['r', 'ok', poll([0, 'a'])], ['r', 'unknown', transaction(poll([1, 'b']))], ['r', 'ok', poll([2, 'c'])]],
    ],
    [
      'nonmonotonic-poll',
      'the same once more after it failed',
      [a, ['r', 'failed', transaction(poll([0, 'a']))], ['r', 'ok', poll([0, 'a'])]],
    ],
    [
      'nonmonotonic-poll',
      'assigned anew',
      [a, ['r', 'ok', poll([0, 'a'])], ['r', 'ok', assign(0)], ['r', 'ok', poll([0, 'a'])]],
    ],
    [
      'nonmonotonic-poll',
      'assigned after it had subscribed: nobody noted where it was then',
      [a, ['r', 'ok', subscribe], ['r', 'ok', poll([0, 'a'])], ['r', 'ok', assign()], ['r', 'ok', poll([0, 'a'])]],
    ],
    [
      'nonmonotonic-poll',
      'an assignment of which nothing is known',
      [a, ['r', 'ok', poll([0, 'a'])], ['r', 'unknown', assign()], ['r', 'ok', poll([0, 'a'])]],
    ],
    [
      'nonmonotonic-poll',
      'a topic that it had left',
      [
        a,
        ['r', 'ok', poll([0, 'a'])],
        ['r', 'ok', { _tag: 'subscribe', topics: ['u'] }],
        ['r', 'ok', subscribe],
        ['r', 'ok', poll([0, 'a'])],
      ],
    ],
  ])
  tolerates([
    [
      'poll-skip',
      'while it subscribes',
      [...abc, ['r', 'ok', subscribe], ['r', 'ok', poll([0, 'a'])], ['r', 'ok', poll([2, 'c'])]],
    ],
    [
      'nonmonotonic-poll',
      'while it subscribes',
      [a, ['r', 'ok', subscribe], ['r', 'ok', poll([0, 'a'])], ['r', 'ok', poll([0, 'a'])]],
    ],
    [
      'poll-skip',
      'where all subscribe',
      [...abc, ['r', 'ok', poll([0, 'a'])], ['r', 'ok', poll([2, 'c'])]],
      { partitionsBy: 'subscribe' },
    ],
  ])

  it('does not tolerate it any more once a process is assigned its partitions', () => {
    const skips: readonly Line[] = [
      ['r', 'ok', subscribe],
      ['r', 'ok', assign(0)],
      ['r', 'ok', poll([1, 'b'])],
    ]
    expect(kindsIn([...abc, ...skips]).anomalies).toEqual(['poll-skip'])
  })
})
