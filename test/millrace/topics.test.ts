import * as t from 'io-ts'
import { afterEach, describe, expect, it } from 'vitest'
import { connect, type Millrace, text, topic } from '../../src/index.ts'

let millrace: Millrace
const memory = async () => {
  millrace = await connect('memory:')
  return millrace
}
afterEach(() => millrace.close())

describe('topics', () => {
  const lines = topic('lines', { key: text, value: text, partitions: 2 })

  it('are created once, and again for nothing', async () => {
    await memory()
    await Promise.all([millrace.create(lines), millrace.create(lines), millrace.create(lines)])
    await millrace.create(lines)
    expect(await millrace.describe(lines)).toMatchObject([{ name: 'lines', partitions: 2, internal: false }])
  })

  it('refuse another partition count, with the way out', async () => {
    await memory()
    await millrace.create(lines)
    const other = millrace.create(topic('lines', { key: text, value: text, partitions: 5 }))
    await expect(other).rejects.toThrow("topic 'lines' has 2 partitions and the program says 5")
  })

  it('grow with keys only when these may move', async () => {
    await memory()
    const events = topic('events', { key: t.null, value: t.string })
    await millrace.create(lines, events)
    await expect(millrace.grow(lines, 4)).rejects.toThrow('keysMayMove: true')
    await millrace.grow(lines, 4, { keysMayMove: true })
    await millrace.grow(events, 3)
    expect((await millrace.describe(lines, events)).map((d) => d.partitions)).toEqual([4, 3])
    await millrace.send(lines, [{ key: 'a', value: 'b', partition: 3 }])
  })

  it('take other settings, lose old records, and go', async () => {
    await memory()
    await millrace.create(lines)
    await millrace.configure(lines, { 'retention.ms': 1_000 })
    expect((await millrace.describe(lines))[0]?.config).toMatchObject({ 'retention.ms': 1_000 })
    await millrace.send(
      lines,
      ['1', '2', '3'].map((value) => ({ key: 'a', value, partition: 0 })),
    )
    expect(await millrace.deleteRecords({ topic: 'lines', partition: 0, offset: 2 })).toEqual([
      { topic: 'lines', partition: 0, offset: 2 },
    ])
    const left: string[] = []
    for await (const record of millrace.read(lines, { until: 'latest' })) left.push(record.value)
    expect(left).toEqual(['3'])
    await millrace.delete(lines)
    expect(await millrace.describe('lines')).toEqual([])
    await expect(millrace.send(lines, [{ key: 'a', value: 'b' }])).rejects.toThrow("no topic 'lines'")
  })
})
