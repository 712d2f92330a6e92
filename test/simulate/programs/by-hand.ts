import type { Millrace, Topic } from '../../../src/index.ts'
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
