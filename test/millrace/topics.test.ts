import * as t from 'io-ts'
import { filter, firstValueFrom } from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import { scanByKey, to } from '../../operators/index.ts'
import { connect, int32, type Millrace, store, stream, text, topic } from '../../src/index.ts'

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

  it('are described without those of the engine unless these are asked for, and changelogs say whose they are', async () => {
    await memory()
    await millrace.create(lines)
    const last = store('last', { key: text, value: text })
    const running = await millrace.run('keeping', stream(lines).pipe(scanByKey(last, '', (_state, line) => line)))
    await running.stop()
    const described = await millrace.describe()
    expect(described.map(({ name, changelogOf }) => [name, changelogOf])).toEqual([
      ['keeping--last-changelog', 'keeping'],
      ['lines', undefined],
    ])
    const all = await millrace.describe({ internal: true })
    expect(all.filter(({ internal }) => internal).map(({ name }) => name)).toEqual([
      '__consumer_offsets',
      '__transaction_state',
    ])
    expect(await millrace.describe('__consumer_offsets')).toMatchObject([{ internal: true }])
  })

  it('never shrink: what to do instead is said before what keys would do', async () => {
    await memory()
    await millrace.create(lines)
    await expect(millrace.grow(lines, 1)).rejects.toThrow(
      /'lines' has 2 partitions and cannot go to 1: counts never shrink.*create a topic of another name/,
    )
    await expect(millrace.grow(lines, 2)).rejects.toThrow("topic 'lines' has 2 partitions already")
    await expect(millrace.grow(lines, '8' as never)).rejects.toThrow('cannot grow to "8" partitions')
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

  it('do not grow while a pipeline has state by their keys, running or not', async () => {
    await memory()
    const counts = topic('counts', { key: text, value: int32, partitions: 2 })
    await millrace.create(lines, counts)
    const counting = stream(lines).pipe(
      scanByKey(store('n', { key: text, value: int32 }), 0, (n) => n + 1),
      to(counts),
    )
    const running = await millrace.run('counting', counting)
    await millrace.send(lines, [{ key: 'a', value: 'b' }])
    await firstValueFrom(running.progress$.pipe(filter(({ lag, records }) => lag === 0 && records > 0)))
    const grow = async () => millrace.grow(lines, 4, { keysMayMove: true })
    await expect(grow()).rejects.toThrow("pipeline 'counting' keeps state by its keys (topic 'counting--n-changelog')")
    await millrace.grow(counts, 3, { keysMayMove: true })
    await running.stop()
    await expect(grow()).rejects.toThrow("millrace.deleteGroup('counting') first")
    await millrace.deleteGroup('counting')
    await grow()
  })

  it('that grow have each key in one place from then on, whoever writes', async () => {
    await memory()
    await millrace.create(lines, topic('more', { key: text, value: text }))
    const more = topic('more', { key: text, value: text, partitions: 8 })
    const running = await millrace.run('copying', stream(lines).pipe(to(more)))
    await firstValueFrom(running.progress$)
    await millrace.grow(more, 8, { keysMayMove: true })
    const sent = Array.from({ length: 16 }, (_, i) => ({ key: `k${i}`, value: 'v' }))
    await Promise.all([millrace.send(lines, sent), millrace.send(more, sent)])
    await firstValueFrom(running.progress$.pipe(filter(({ lag, records }) => lag === 0 && records > 0)))
    const places = new Set<string>()
    for await (const { key, partition } of millrace.read(more, { until: 'latest' })) places.add(`${key} ${partition}`)
    expect(places.size).toBe(16)
  })

  it('take other settings, lose old records, and go', async () => {
    await memory()
    await millrace.create(lines)
    await millrace.configure(lines, { 'retention.ms': 1_000 })
    expect((await millrace.describe(lines))[0]?.config).toMatchObject({ 'retention.ms': 1_000 })
    await millrace.configure(lines, { 'retention.ms': null, 'segment.bytes': 4_096 })
    expect((await millrace.describe(lines))[0]?.config).toEqual({ 'segment.bytes': 4_096 })
    const misspelt = millrace.configure(lines, { 'retention.mss': null } as object)
    await expect(misspelt).rejects.toThrow(
      "topic 'lines' knows no setting 'retention.mss': did you mean 'retention.ms'?",
    )
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
