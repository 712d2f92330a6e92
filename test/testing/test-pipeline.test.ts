import * as t from 'io-ts'
import { delay } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { attempt, filterValue, mapAsync, mapValue, rights, scanByKey, to } from '../../operators/index.ts'
import { deadLetter, deadLetters, json, store, stream, text, topic } from '../../src/index.ts'
import { testPipeline } from '../../src/testing/test-pipeline.ts'

const words = topic('words', { key: text, value: text, partitions: 2 })
const loud = topic('loud', { key: text, value: text })
const given = deadLetters('given-up')

const shout = stream(words).pipe(
  filterValue((word) => word !== ''),
  mapValue((word) => {
    if (word === 'bad') throw new Error('a bad word')
    return `${word}!`
  }),
  to(loud),
)

const valuesOf = (records: readonly { readonly value: unknown }[]) => records.map(({ value }) => value)

describe('testPipeline', () => {
  it('answers what came of the input', async () => {
    const test = await testPipeline(shout, {
      input: {
        words: [
          { key: 'a', value: 'hello' },
          { key: 'a', value: '' },
          { key: 'a', value: 'world' },
        ],
      },
    })
    expect(test.records(loud)).toMatchObject([
      { key: 'a', value: 'hello!' },
      { key: 'a', value: 'world!' },
    ])
    expect([test.deadLetters, test.notices, test.errors]).toEqual([[], [], []])
  })

  it('pipes each record in at its time, and as late as it says, those of several topics side by side', async () => {
    const others = topic('others', { key: text, value: text, partitions: 2 })
    const stamp = stream(words, others).pipe(
      mapValue((value, { timestamp }) => `${value} ${Date.now()} ${timestamp}`),
      to(loud),
    )
    const test = await testPipeline(stamp)
    const began = test.now
    const told = () =>
      test.records(loud).map(({ value }) => {
        const [word, nowMs, timestamp] = value.split(' ')
        return [word, Math.floor((Number(nowMs) - began) / 1000), Math.floor((Number(timestamp) - began) / 1000)]
      })
    const lines = (first: string) => [
      { key: 'a', value: `${first}1` },
      { key: 'a', value: `${first}2`, afterMs: 60_000 },
      { key: 'a', value: `${first}3`, lateMs: 5_000 },
      { key: 'a', value: `${first}4`, afterMs: 10_000, timestamp: began },
    ]
    await test.send(words, lines('x'))
    expect(told()).toEqual([
      ['x1', 0, 0],
      ['x2', 60, 60],
      ['x3', 60, 55],
      ['x4', 70, 0],
    ])
    const both = await testPipeline(stamp, {
      input: { words: lines('x'), others: [{ key: 'a', value: 'y', afterMs: 65_000 }] },
    })
    expect(both.records(loud).map(({ value }) => value.slice(0, 2))).toEqual(['x1', 'x2', 'x3', 'y ', 'x4'])
    await expect(test.send(words, [{ key: 'a', value: 'x', afterMs: -1 }])).rejects.toThrow(
      "send to 'words': afterMs is a number of milliseconds, from 0 on, and not -1",
    )
    await expect(test.send(words, [{ key: 'a', value: 'x', lateMs: 1, timestamp: 1 }])).rejects.toThrow('and not both')
  })

  it('goes step by step, with virtual time, and is the same each time', async () => {
    const slow = stream(words).pipe(
      delay(50),
      mapAsync(async (word) => {
        const began = Date.now()
        await new Promise((resolve) => setTimeout(resolve, 60_000))
        return `${word} ${Date.now() - began} ${Math.random()}`
      }),
      to(loud),
    )
    const story = async () => {
      const test = await testPipeline(slow)
      const began = test.now
      await test.send(words, [{ key: 'a', value: 'x' }])
      await test.elapse('1h')
      await test.send(words, [{ key: 'b', value: 'y' }])
      expect(test.now - began).toBeGreaterThanOrEqual(60_050 + 3_600_000 + 60_050)
      expect(test.now - began).toBeLessThan(60_050 + 3_600_000 + 60_050 + 5_000)
      return test.records(loud)
    }
    const records = await story()
    expect(valuesOf(records)).toEqual([
      expect.stringMatching(/^x 60000 0\.\d+/),
      expect.stringMatching(/^y 60000 0\.\d+/),
    ])
    expect(await story()).toEqual(records)
  })

  it('keeps state between steps', async () => {
    const lengths = store('lengths', { key: t.string, value: t.number })
    const sums = topic('sums', { key: text, value: json(t.number) })
    const summed = stream(words).pipe(
      scanByKey(lengths, 0, (sum, word) => sum + word.length),
      to(sums),
    )
    const test = await testPipeline(summed)
    await test.send(words, [{ key: 'a', value: 'one' }])
    await test.send(words, [
      { key: 'a', value: 'two' },
      { key: 'b', value: 'three' },
    ])
    const byKey = (key: string) => valuesOf(test.records(sums).filter((record) => record.key === key))
    expect([byKey('a'), byKey('b')]).toEqual([[3, 6], [5]])
    expect(test.records(loud)).toEqual([])
  })

  it('shows what was given up, and what attempts have failed with', async () => {
    const test = await testPipeline(shout, {
      input: {
        words: [
          { key: 'a', value: 'bad' },
          { key: 'a', value: 'good' },
        ],
      },
      run: { onError: deadLetter(given) },
    })
    expect(valuesOf(test.records(loud))).toEqual(['good!'])
    expect(test.deadLetters).toMatchObject([
      { reason: expect.stringContaining('a bad word'), source: { topic: 'words' } },
    ])
    expect(test.errors).toEqual([new Error('a bad word')])
  })

  it('rejects with what ends the pipeline', async () => {
    await expect(testPipeline(shout, { input: { words: [{ key: 'a', value: 'bad' }] } })).rejects.toThrow('a bad word')
  })

  it('refuses what reaches outside, and says what is not done in time', async () => {
    const ask = stream(words).pipe(
      attempt(async () => (await fetch('http://localhost')).text()),
      rights(),
      to(loud),
    )
    await expect(testPipeline(ask, { input: { words: [{ key: 'a', value: 'x' }] } })).rejects.toThrow(
      'fetch was called',
    )
    const never = stream(words).pipe(
      mapAsync(() => new Promise<string>(() => {})),
      to(loud),
    )
    await expect(
      testPipeline(never, { input: { words: [{ key: 'a', value: 'x' }] }, run: { timeLimitMs: 10_000_000 } }),
    ).rejects.toThrow('the pipeline has not worked everything off (it said: ')
  })

  it('refuses what makes no sense, by name', async () => {
    await expect(testPipeline('shout' as never)).rejects.toThrow('testPipeline(…) takes a pipeline, and not "shout"')
    await expect(testPipeline(shout, { seed: '1' as never })).rejects.toThrow('seed is a whole number, and not "1"')
    await expect(testPipeline(shout, { input: 7 as never })).rejects.toThrow('input names what is sent to each topic')
    await expect(testPipeline(shout, { inputs: {} } as never)).rejects.toThrow("'inputs'")
    await expect(testPipeline(shout, { input: { word: [] } } as never)).rejects.toThrow(
      "input names 'word', which the pipeline does not read: words",
    )
  })
})
