import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { story, timeline } from '../../../src/testing/report/timeline.ts'
import { doubledBatch, happened, outcomeOf } from './traces.ts'

describe('timeline', () => {
  it('says what was promised, how it came about, and how to see it again', () => {
    const text = timeline(doubledBatch, { seed: 42, replay: 'mr1:abc', diagram: 'sums.html' })
    expect(text).toMatchInlineSnapshot(`
      "✗ exactlyOnce: exactlyOnce('sums') does not hold:
        repeated: a → 1 (there 2×, expected 1×)

           0 ms ● broker-0  starts
          10 ms   broker-0  … 2 × leaders and replicas, until 11 ms
        1.500 s ● app-1     starts
        1.510 s   app-1     is given orders-0 in generation 1 of group 'sums'
        1.512 s   app-1     reads 2 records of orders-0, 0 to 1
        1.512 s   app-1     begins a transaction of 'sums/0' (producer 5, epoch 0)
        1.513 s ↯ fault     loss (10 % of the messages), until 1.600 s
        1.514 s   app-1     sends 2 records to sums-0 (sequence 0 of producer 5, epoch 0)
        1.514 s   broker-0  writes 2 records to sums-0 at 0
        1.515 s   broker-0  loses what it sends to app-1 (lost): produce: answer [sums-0 at 0]
        1.600 s ↯ fault     over: loss (10 % of the messages)
        3.514 s   app-1     sends again 2 records to sums-0 (sequence 0 of producer 5, epoch 0)
        3.514 s   broker-0  writes 2 records to sums-0 at 2
        3.515 s   broker-0  hears a second time from app-1: produce [2 records to sums-0]
        3.530 s   app-1     has committed 'sums/0'
        3.530 s ✗ violated  exactlyOnce('sums') does not hold:

      … messages: 1 of replication, heartbeats and metadata, 3 of records; of them 1 lost, 1 heard twice
      120 steps in 0 ms of virtual time, trace 00c0ffee00c0ffee
      drawn in sums.html
      seed: 42
      replay: 'mr1:abc'"
    `)
  })

  it('is the same text with colours and without', () => {
    const painted = timeline(doubledBatch, { colour: true })
    expect(painted).not.toBe(timeline(doubledBatch))
    expect(stripVTControlCharacters(painted)).toBe(timeline(doubledBatch))
  })

  it('ends with the replay, on a line of its own', () => {
    expect(timeline(doubledBatch, { replay: 'mr1:abc' }).split('\n').at(-1)).toBe("replay: 'mr1:abc'")
  })

  it('stays a screen long, however long the run and the violations', () => {
    const trace = Array.from({ length: 20_000 }, (_, at) => [
      happened(at, `app-${at % 3}`, `sends ${at} records to a-${at % 4}`, 'records'),
      ...(at % 400 === 0 ? [happened(at, `app-${at % 3}`, at % 800 === 0 ? 'starts' : 'is killed')] : []),
    ]).flat()
    const violations = Array.from({ length: 30 }, (_, at) => ({
      kind: 'exactlyOnce',
      message: Array.from({ length: 50 }, (_, line) => `${at}.${line}`).join('\n'),
      atMs: at,
    }))
    const lines = timeline(outcomeOf(trace, violations), { lines: 40 }).split('\n')
    expect(lines.length).toBeLessThan(40 + 5 * 13 + 10)
    expect(timeline(outcomeOf(trace), { lines: 50 }).split('\n').length).toBeLessThanOrEqual(60)
  })

  it('cuts no line of the story wider than asked', () => {
    const long = outcomeOf([happened(1, 'app-1', 'x'.repeat(500), 'records')])
    expect(story(long, { width: 60 }).map((line) => line.length)).toEqual([60])
  })

  it('says so where nothing was kept', () => {
    expect(story(outcomeOf([]))).toEqual(['nothing was kept of what happened: make the run again with its trace'])
  })
})
