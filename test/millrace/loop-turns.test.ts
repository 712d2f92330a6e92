import { describe, expect, it } from 'vitest'
import { connect, type Millrace, text, topic } from '../../src/index.ts'

const lines = topic('lines', { key: text, value: text })
const line = [{ key: 'a', value: 'b' }]
/** Many times what a slice of the loop's time holds. */
const callsMax = 200_000

type Call = () => Promise<unknown>

const calls: readonly (readonly [string, (millrace: Millrace) => Promise<Call>])[] = [
  ['send', async (millrace) => () => millrace.send(lines, line)],
  ['transaction', async (millrace) => () => millrace.transaction((tx) => tx.send(lines, line))],
  [
    'transaction that fails',
    async (millrace) => () => millrace.transaction(() => Promise.reject(new Error('given up'))).catch(() => undefined),
  ],
  [
    'poll',
    async (millrace) => {
      const consumer = await millrace.consumer({ topics: [lines], group: 'g' })
      return () => consumer.poll({ timeoutMs: 0 })
    },
  ],
  [
    'read',
    async (millrace) => async () => {
      for await (const record of millrace.read(lines, { until: 'latest' })) expect(record.value).toBe('b')
    },
  ],
  [
    'observe',
    async (millrace) => () =>
      new Promise<void>((complete) => {
        millrace.observe(lines, { until: 'latest' }).subscribe({ complete })
      }),
  ],
]

describe('the event loop', () => {
  it.each(calls)('gets its turn between calls of one kind, one after the other: %s', async (_, prepare) => {
    const millrace = await connect('memory:')
    await millrace.create(lines)
    await millrace.send(lines, line)
    const call = await prepare(millrace)
    let isTurned = false
    setTimeout(() => {
      isTurned = true
    })
    for (let count = 0; count < callsMax && !isTurned; count += 1) await call()
    expect(isTurned).toBe(true)
    await millrace.close()
  })
})
