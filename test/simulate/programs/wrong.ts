import * as t from 'io-ts'
import { to } from '../../../operators/index.ts'
import { type Millrace, type StreamRecord, stream, type Topic, topic } from '../../../src/index.ts'
import { type Program, program } from '../program.ts'
import { copies, keyedNumbers, numbers } from './keyed-numbers.ts'

/*
 * Mistakes that tutorials teach, as programs. Each does well as long as nothing goes wrong.
 */

const input = numbers('numbers')
const mails = numbers('mails')
const seen = topic('seen', { key: t.string, value: t.string, partitions: 2 })

const each = async (
  millrace: Millrace,
  from: Topic<string, number>,
  work: (record: StreamRecord<string, number>) => Promise<void>,
): Promise<never> => {
  const consumer = await millrace.consumer({ topics: [from], group: 'mailer', sessionTimeoutMs: 10_000 })
  for (;;)
    for (const record of await consumer.poll({ timeoutMs: 5_000 })) {
      await work(record)
      await consumer.commit([{ ...record, offset: record.offset + 1 }])
    }
}

/** The offset moves on whatever has become of the work. */
export const committedInFinally: Program = program('committed in finally', {
  app: async (millrace) => {
    const consumer = await millrace.consumer({ topics: [input], group: 'mailer', sessionTimeoutMs: 10_000 })
    for (let calls = 1; ; calls++) {
      const records = await consumer.poll({ timeoutMs: 5_000 })
      try {
        // the service that does the work is not there now and then
        if (calls % 3 === 0 && records.length > 0) throw new Error('503 Service Unavailable')
        if (records.length > 0) await millrace.send(mails, copies(records))
      } finally {
        await consumer.commit()
      }
    }
  },
  topics: [input, mails],
  input: { numbers: keyedNumbers },
  expect: (e) => e.noLoss(mails, ({ numbers }) => copies(numbers)),
})

/** Whoever dies between the note and the deed has done nothing, and never will. */
export const markedAsSeenFirst: Program = program('marked as seen first', {
  app: async (millrace) => {
    const known = new Set<string>()
    for await (const { value } of millrace.read(seen, { until: 'latest' })) known.add(value)
    await each(millrace, input, async ({ id, key, value }) => {
      if (known.has(id)) return
      known.add(id)
      await millrace.send(seen, [{ key, value: id }])
      await millrace.send(mails, [{ key, value }])
    })
  },
  topics: [input, seen, mails],
  input: { numbers: keyedNumbers },
  instances: 1,
  expect: (e) => e.noLoss(mails, ({ numbers }) => copies(numbers)),
})

const spread = numbers('spread')
const collected = topic('collected', { key: t.string, value: t.number })

/** A backlog is worked off faster by all partitions: and a key's records by several tasks, in any order. */
export const spreadOverPartitions: Program = program('spread over partitions', {
  app: async (millrace) => {
    await millrace.run('collect', stream(spread).pipe(to(collected)))
    let next = 0
    await each(millrace, input, async ({ key, value }) => {
      await millrace.send(spread, [{ key, value, partition: next++ % 2 }])
    })
  },
  topics: [input, spread, collected],
  input: { numbers: keyedNumbers },
  instances: 1,
  expect: (e) => e.ordered(collected, ({ numbers }) => copies(numbers)),
})
