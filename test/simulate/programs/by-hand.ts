import * as t from 'io-ts'
import { type Millrace, type Topic, topic } from '../../../src/index.ts'
import { type Program, program } from '../program.ts'
import { copies, increments, keyedNumbers, numbers } from './keyed-numbers.ts'

const input = numbers('numbers')
const copied = numbers('copied')

type Numbers = Topic<string, number>

/** Reads, sends, and commits what it has sent: what died in between is done again. */
const sendThenCommit = async (millrace: Millrace, from: Numbers, out: Numbers): Promise<void> => {
  const consumer = await millrace.consumer({ topics: [from], group: 'by hand', sessionTimeoutMs: 10_000 })
  for (;;) {
    const records = await consumer.poll({ timeoutMs: 5_000 })
    if (records.length === 0) continue
    await millrace.send(out, copies(records))
    await consumer.commit()
  }
}

/** Producers and consumers, in a group whose members come and go. */
export const consumers: Program = program('consumers', {
  app: (millrace) => sendThenCommit(millrace, input, copied),
  topics: [input, copied],
  input: { numbers: keyedNumbers },
  instances: 3,
  expect: (e) => e.atLeastOnce(copied, ({ numbers }) => copies(numbers)),
})

/** Reads, sends and commits in one transaction. */
export const transactions: Program = program('transactions', {
  app: async (millrace) => {
    const consumer = await millrace.consumer({ topics: [input], group: 'by hand', sessionTimeoutMs: 10_000 })
    for (;;) {
      const records = await consumer.poll({ timeoutMs: 5_000 })
      if (records.length === 0) continue
      await millrace.transaction(async (tx) => {
        await tx.send(copied, increments(records))
        await tx.commitPosition(consumer)
      })
    }
  },
  topics: [input, copied],
  input: { numbers: keyedNumbers },
  expect: (e) => [
    e.exactlyOnce(copied, ({ numbers }) => increments(numbers)),
    e.ordered(copied, ({ numbers }) => increments(numbers)),
  ],
})

const slowMs = 500
const aWhile = (): Promise<void> => new Promise((done) => setTimeout(done, slowMs))

/** Transactions whose work takes a while: whoever stands still meanwhile is not of the group any more when it is done. */
export const slowTransactions: Program = program('slow transactions', {
  app: async (millrace) => {
    const consumer = await millrace.consumer({ topics: [input], group: 'by hand', sessionTimeoutMs: 6_000 })
    for (;;) {
      const records = await consumer.poll({ timeoutMs: 5_000 })
      if (records.length === 0) continue
      await aWhile()
      await millrace.transaction(async (tx) => {
        await tx.send(copied, increments(records))
        await tx.commitPosition(consumer)
        await aWhile()
      })
    }
  },
  topics: [input, copied],
  input: { numbers: keyedNumbers },
  lengthMs: 30_000,
  expect: (e) => e.exactlyOnce(copied, ({ numbers }) => increments(numbers)),
})

const bulk = topic('bulk', { key: t.string, value: t.string, partitions: 2 })
const parts = [0, 1, 2, 3, 4, 5]
const filler = '.'.repeat(70_000)
const partsOf = ({ key, value }: { key: string; value: number }) =>
  parts.map((part) => ({ key, value: `${value}, part ${part}${filler}` }))

/** Sends so much at once that several batches of a partition are under way. */
export const bulky: Program = program('bulk', {
  app: async (millrace) => {
    const consumer = await millrace.consumer({ topics: [input], group: 'by hand', sessionTimeoutMs: 10_000 })
    for (;;) {
      const records = await consumer.poll({ timeoutMs: 5_000 })
      if (records.length === 0) continue
      await millrace.send(bulk, records.flatMap(partsOf))
      await consumer.commit()
    }
  },
  topics: [input, bulk],
  input: { numbers: keyedNumbers },
  records: 5,
  expect: (e) => e.atLeastOnce(bulk, ({ numbers }) => numbers.flatMap(partsOf)),
})
