import * as t from 'io-ts'
import { type Consumer, type Millrace, type StreamRecord, topic } from '../../../src/index.ts'
import { type Program, program } from '../program.ts'
import { copies, increments, keyedNumbers, numbers } from './keyed-numbers.ts'

const input = numbers('numbers')
const copied = numbers('copied')

/** Does `work` with what each poll brings, for as long as it lives. */
const pollOn = async (
  millrace: Millrace,
  sessionTimeoutMs: number,
  work: (records: readonly StreamRecord<string, number>[], consumer: Consumer<string, number>) => Promise<void>,
): Promise<never> => {
  const consumer = await millrace.consumer({ topics: [input], group: 'by hand', sessionTimeoutMs })
  for (;;) {
    const records = await consumer.poll({ timeoutMs: 5_000 })
    if (records.length > 0) await work(records, consumer)
  }
}

/** Producers and consumers, in a group whose members come and go: what died before its commit is done again. */
export const consumers: Program = program('consumers', {
  app: (millrace) =>
    pollOn(millrace, 10_000, async (records, consumer) => {
      await millrace.send(copied, copies(records))
      await consumer.commit()
    }),
  topics: [input, copied],
  input: { numbers: keyedNumbers },
  instances: 3,
  expect: (e) => e.atLeastOnce(copied, ({ numbers }) => copies(numbers)),
})

/** Reads, sends and commits in one transaction. */
export const transactions: Program = program('transactions', {
  app: (millrace) =>
    pollOn(millrace, 10_000, async (records, consumer) => {
      await millrace.transaction(async (tx) => {
        await tx.send(copied, increments(records))
        await tx.commitPosition(consumer)
      })
    }),
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
  app: (millrace) =>
    pollOn(millrace, 6_000, async (records, consumer) => {
      await aWhile()
      await millrace.transaction(async (tx) => {
        await tx.send(copied, increments(records))
        await tx.commitPosition(consumer)
        await aWhile()
      })
    }),
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
  app: (millrace) =>
    pollOn(millrace, 10_000, async (records, consumer) => {
      await millrace.send(bulk, records.flatMap(partsOf))
      await consumer.commit()
    }),
  topics: [input, bulk],
  input: { numbers: keyedNumbers },
  records: 5,
  expect: (e) => e.atLeastOnce(bulk, ({ numbers }) => numbers.flatMap(partsOf)),
})
