import { describe, expect, it } from 'vitest'
import { story } from '../../../src/testing/report/story.ts'
import { doubledBatch, happened, outcomeOf } from './traces.ts'

describe('story', () => {
  it('says what happened, a line each', () => {
    expect(story(doubledBatch).join('\n')).toMatchInlineSnapshot(`
      "     0 ms ● broker-0  … 1 × life and death (1 started), 2 × leaders and replicas, until 11 ms
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
        3.530 s ✗ violated  exactlyOnce('sums') does not hold:"
    `)
  })

  it('stays as long as asked, however long the run', () => {
    const trace = Array.from({ length: 20_000 }, (_, at) => [
      happened(at, `app-${at % 3}`, `sends ${at} records to a-${at % 4}`, 'records'),
      ...(at % 400 === 0 ? [happened(at, `app-${at % 3}`, at % 800 === 0 ? 'starts' : 'is killed')] : []),
    ]).flat()
    expect(story(outcomeOf(trace), { lines: 40 }).length).toBeLessThanOrEqual(40)
    expect(story(outcomeOf(trace)).length).toBeLessThanOrEqual(50)
  })

  it('cuts no line of the story wider than asked', () => {
    const long = outcomeOf([happened(1, 'app-1', 'x'.repeat(500), 'records')])
    expect(story(long, { width: 60 }).map((line) => line.length)).toEqual([60])
  })

  it('says so where nothing was kept', () => {
    expect(story(outcomeOf([]))).toEqual(['nothing was kept of what happened: make the run again with its trace'])
  })
})
