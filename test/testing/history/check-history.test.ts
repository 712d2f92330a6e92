import { describe, expect, it } from 'vitest'
import { checkHistory, examplesMax } from '../../../src/testing/history/check-history.ts'
import { a, b, historyOf, type Line, poll, send } from './by-hand.ts'
import { kindsIn } from './cases.ts'

describe('checkHistory', () => {
  it('says where and who, and shows the operations and the records', () => {
    const history = historyOf(a, b, ['r', 'ok', poll([1, 'b'])])
    expect(checkHistory(history).anomalies).toEqual([
      {
        kind: 'lost-write',
        operations: [history.operations[0], history.operations[2]],
        records: [
          { topic: 't', partition: 0, value: 'a', offset: 0 },
          { topic: 't', partition: 0, value: 'b', offset: 1 },
        ],
        what: "'a', sent to t-0 by p#0 (send, ok, 0-5 ms) and at 0, was never polled, though r#0 (poll, ok, 20-25 ms) polled 'b' at 1",
      },
    ])
  })

  it('counts all and shows a few', () => {
    const many = Array.from({ length: 100 }, (_, at): Line => ['p', 'ok', send([at, at])])
    const { anomalies, counts } = checkHistory(historyOf(...many))
    expect(anomalies).toHaveLength(examplesMax)
    expect(counts.unseen).toBe(100)
    expect(counts.duplicate).toBe(0)
  })

  it('refuses a history in which a value was sent to a partition twice', () => {
    expect(() => checkHistory(historyOf(a, ['q', 'unknown', send('a')]))).toThrow(
      "'a' was sent to t-0 by p#0 (send, ok, 0-5 ms) and again by q#0 (send, unknown, 10-15 ms)",
    )
  })

  it('finds nothing in nothing', () => {
    expect(kindsIn([])).toEqual({ anomalies: [], tolerated: [] })
  })
})
