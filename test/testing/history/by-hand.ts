import type {
  Assign,
  Did,
  History,
  Operation,
  Poll,
  PolledRecord,
  Send,
  SentRecord,
  Subscribe,
  Transaction,
  Value,
} from '../../../src/testing/history/history.ts'

/** An operation as a test writes it: who, how it ended, what; the rest follows from where it stands. */
export type Line = readonly [string, Operation['outcome'], Did, Partial<Operation>?]

/** A history of operations one after the other: the first from 0 to 5 ms, the next from 10 to 15 ms and so on. */
export const historyOf = (...lines: readonly Line[]): History => {
  const counts = new Map<string, number>()
  return {
    operations: lines.map(([process, outcome, did, more], at) => {
      const index = counts.get(process) ?? 0
      counts.set(process, index + 1)
      return { process, index, invokedMs: at * 10, completedMs: at * 10 + 5, outcome, did, ...more }
    }),
  }
}

/** `a` to `t-0`; `[a, 3]` where that is answered to lie at 3. */
type Sending = Value | readonly [Value, number]

const sentTo = (partition: number, records: readonly Sending[]): readonly SentRecord[] =>
  records.map((record) =>
    typeof record === 'object'
      ? { topic: 't', partition, value: record[0], offset: record[1] }
      : { topic: 't', partition, value: record },
  )

export const send = (...records: readonly Sending[]): Send => ({ _tag: 'send', records: sentTo(0, records) })
export const sendTo = (partition: number, ...records: readonly Sending[]): Send => ({
  _tag: 'send',
  records: sentTo(partition, records),
})

/** From `t-0`, by offset. */
type Polling = readonly (readonly [offset: number, value: Value])[]

const polledFrom = (partition: number, records: Polling): readonly PolledRecord[] =>
  records.map(([offset, value]) => ({ topic: 't', partition, offset, value }))

export const poll = (...records: Polling): Poll => ({ _tag: 'poll', records: polledFrom(0, records) })
export const pollFrom = (partition: number, ...records: Polling): Poll => ({
  _tag: 'poll',
  records: polledFrom(partition, records),
})

export const transaction = (...steps: Transaction['steps']): Transaction => ({ _tag: 'transaction', steps })

/** `t-0`, from `offset` on where one is given. */
export const assign = (offset?: number): Assign => ({
  _tag: 'assign',
  partitions: [{ topic: 't', partition: 0, ...(offset === undefined ? {} : { offset }) }],
})
export const subscribe: Subscribe = { _tag: 'subscribe', topics: ['t'] }

/** `a`, `b` and `c`, sent to `t-0` one after the other, and answered to lie at 0, 1 and 2. */
export const a: Line = ['p', 'ok', send(['a', 0])]
export const b: Line = ['p', 'ok', send(['b', 1])]
export const c: Line = ['p', 'ok', send(['c', 2])]
/** All of them, and somebody who reads them, so that nothing is unseen. */
export const abc: readonly Line[] = [a, b, c, ['end', 'ok', poll([0, 'a'], [1, 'b'], [2, 'c'])]]
