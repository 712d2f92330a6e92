import { firstValueFrom, take, toArray } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytes, connect, int32, type Millrace, text, topic } from '../../src/index.ts'

const lines = topic('lines', { key: text, value: text, partitions: 2 })
let millrace: Millrace

beforeEach(async () => {
  millrace = await connect('memory:')
  await millrace.create(lines)
})
afterEach(() => millrace.close())

const send = (...values: readonly string[]) =>
  millrace.send(
    lines,
    values.map((value, i) => ({ key: value, value, timestamp: 1_000 + i, partition: 0 })),
  )

const valuesOf = async (options: Parameters<Millrace['read']>[1]) => {
  const values: string[] = []
  for await (const record of millrace.read(lines, options)) values.push(record.value)
  return values
}

describe('read', () => {
  it('ends at what was committed before the call', async () => {
    await send('a', 'b')
    const reading = millrace.read(lines, { until: 'latest' })
    expect((await reading.next()).value?.value).toBe('a')
    await send('c')
    expect((await reading.next()).value?.value).toBe('b')
    expect((await reading.next()).done).toBe(true)
  })

  it('ends at once where there is nothing', async () => {
    expect(await valuesOf({ until: 'latest' })).toEqual([])
  })

  it('begins at an offset, a time, or the end', async () => {
    await send('a', 'b', 'c')
    expect(await valuesOf({ until: 'latest', from: { offsets: { 0: 2 } } })).toEqual(['c'])
    expect(await valuesOf({ until: 'latest', from: { timestamp: 1_001 } })).toEqual(['b', 'c'])
    expect(await valuesOf({ until: 'latest', from: 'latest' })).toEqual([])
    expect(await valuesOf({ until: 'latest', partitions: [1] })).toEqual([])
  })

  it.each([undefined, 'latest'] as const)(
    'refuses an offset that is not there, and says where to begin (until %s)',
    async (until) => {
      await send('a', 'b', 'c')
      await millrace.deleteRecords({ topic: 'lines', partition: 0, offset: 2 })
      const options = until === undefined ? {} : { until }
      for (const offset of [1, 4]) {
        const said = `offset ${offset} of lines-0 is outside of 2 to 3: begin at 'earliest', at 'latest', or at one that is there with from: { offsets } [offset-out-of-range]`
        const from = { offsets: { 0: offset } }
        await expect(millrace.read(lines, { from, ...options }).next()).rejects.toThrow(said)
        await expect(firstValueFrom(millrace.observe(lines, { from, ...options }))).rejects.toThrow(said)
      }
      expect(await valuesOf({ from: { offsets: { 0: 2 } }, until: 'latest' })).toEqual(['c'])
      expect(await valuesOf({ from: { offsets: { 0: 3 } }, until: 'latest' })).toEqual([])
    },
  )

  it('rejects where retention overtakes it, since it has not read all', async () => {
    const large = 'x'.repeat(400_000)
    for (const value of ['a', large, large, large]) await send(value)
    const reading = millrace.read(lines, { until: 'latest' })
    expect((await reading.next()).value?.value).toBe('a')
    await millrace.deleteRecords({ topic: 'lines', partition: 0, offset: 4 })
    const rest = async () => {
      for (let next = await reading.next(); next.done !== true; next = await reading.next());
    }
    await expect(rest()).rejects.toMatchObject({ code: 'offset-out-of-range' })
  })

  it('goes on live, and ends without an error when everything is closed', async () => {
    const reading = millrace.read(lines)
    const first = reading.next()
    await send('a')
    expect((await first).value?.value).toBe('a')
    const second = reading.next()
    await millrace.close()
    expect((await second).done).toBe(true)
  })

  it('ends by its signal', async () => {
    const ended = new AbortController()
    const next = millrace.read(lines, { signal: ended.signal }).next()
    ended.abort()
    expect((await next).done).toBe(true)
  })

  it('names an unknown topic and partition', async () => {
    const nowhere = topic('nowhere', { key: text, value: text })
    await expect(millrace.read(nowhere).next()).rejects.toThrow("no topic 'nowhere'")
    await expect(millrace.read(lines, { partitions: [7] }).next()).rejects.toThrow('partitions 0 to 1, and not 7')
  })

  it('halts at an unreadable record, by name; skips it, or tells of it, when asked to', async () => {
    await millrace.send(topic('lines', { key: text, value: bytes, partitions: 2 }), [
      { key: 'a', value: new Uint8Array([0, 0, 0, 7]), partition: 0 },
      { key: 'a', value: new Uint8Array([1]), partition: 0 },
      { key: 'a', value: new Uint8Array([0, 0, 0, 9]), partition: 0 },
    ])
    const numbers = topic('lines', { key: text, value: int32, partitions: 2 })
    const reading = millrace.read(numbers, { until: 'latest' })
    expect((await reading.next()).value?.value).toBe(7)
    await expect(reading.next()).rejects.toThrow(/lines-0-1/)
    const told: string[] = []
    const kept: number[] = []
    for await (const r of millrace.read(numbers, {
      until: 'latest',
      onUnreadable: (error) => told.push(error.message),
    }))
      kept.push(r.value)
    expect(kept).toEqual([7, 9])
    expect(told).toEqual([expect.stringContaining('lines-0-1')])
  })
})

describe('observe', () => {
  it('is cold, from the start at each subscription, and live', async () => {
    await send('a')
    const observed = millrace.observe(lines)
    expect((await firstValueFrom(observed)).value).toBe('a')
    const three = firstValueFrom(observed.pipe(take(3), toArray()))
    await send('b', 'c')
    expect((await three).map((r) => r.value)).toEqual(['a', 'b', 'c'])
  })

  it('completes up to latest, and errors where there is no topic', async () => {
    await send('a')
    expect(await firstValueFrom(millrace.observe(lines, { until: 'latest' }).pipe(toArray()))).toHaveLength(1)
    await expect(firstValueFrom(millrace.observe(topic('nowhere', { key: text, value: text })))).rejects.toThrow(
      'nowhere',
    )
  })
})
