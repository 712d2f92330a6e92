import { describe, expect, it } from 'vitest'
import { historyRecorder } from '../../../src/testing/history/history-recorder.ts'
import { poll, send } from './by-hand.ts'

describe('historyRecorder', () => {
  it('counts the operations of each process, and notes when they began and ended', () => {
    const recorder = historyRecorder()
    const first = recorder.began('p', send('a'), 1)
    recorder.began('q', poll(), 2).ended('ok', 3, poll([0, 'a']))
    recorder.began('p', send('b'), 4).ended('failed', 5)
    first.ended('ok', 6, send(['a', 0]))
    expect(recorder.history().operations).toEqual([
      { process: 'p', index: 0, invokedMs: 1, completedMs: 6, outcome: 'ok', did: send(['a', 0]) },
      { process: 'q', index: 0, invokedMs: 2, completedMs: 3, outcome: 'ok', did: poll([0, 'a']) },
      { process: 'p', index: 1, invokedMs: 4, completedMs: 5, outcome: 'failed', did: send('b') },
    ])
  })

  it('keeps what is under way as unknown, with what it has done by then', () => {
    const recorder = historyRecorder()
    const open = recorder.began('p', poll(), 1)
    open.did(poll([0, 'a']))
    expect(recorder.history().operations).toEqual([
      { process: 'p', index: 0, invokedMs: 1, outcome: 'unknown', did: poll([0, 'a']) },
    ])
  })

  it('leaves unknown what a crash interrupted, whatever answers come later', () => {
    const recorder = historyRecorder()
    const open = recorder.began('p', send('a'), 1)
    const other = recorder.began('q', send('b'), 2)
    recorder.crashed('p', 3)
    open.did(send(['a', 0]))
    open.ended('ok', 4)
    other.ended('ok', 5)
    expect(recorder.history().operations).toEqual([
      { process: 'p', index: 0, invokedMs: 1, outcome: 'unknown', did: send('a') },
      { process: 'q', index: 0, invokedMs: 2, completedMs: 5, outcome: 'ok', did: send('b') },
      { process: 'p', index: 1, invokedMs: 3, completedMs: 3, outcome: 'ok', did: { _tag: 'crash' } },
    ])
  })

  it('refuses a second end', () => {
    const open = historyRecorder().began('p', send('a'), 1)
    open.ended('ok', 2)
    expect(() => open.ended('failed', 3)).toThrow('p has ended its operation 0 twice')
  })
})
