import { describe, expect, it } from 'vitest'
import { beatsOf } from '../../../src/testing/report/beats.ts'
import { happened } from './traces.ts'

const batch = (words: string) => `2 records to ${words} (sequence 4 of producer 1, epoch 0)`
const sent = (at: number, words = 'words-0') => happened(at, 'app-1', `sends ${batch(words)}`, 'records')
const written = (at: number, words = 'words-0') => happened(at, 'broker-2', `writes ${batch(words)} at 7`, 'records')
const told = (...trace: Parameters<typeof beatsOf>[0][number][]) => beatsOf(trace).map(({ what }) => what)

describe('what is sent and written at once', () => {
  it('is told in one line, in the order in which it was sent', () => {
    expect(told(sent(1), sent(2, 'words-1'), written(3, 'words-1'), written(4))).toEqual([
      `sends ${batch('words-0')}, written at 7 by broker-2`,
      `sends ${batch('words-1')}, written at 7 by broker-2`,
    ])
  })

  it('is told in two where it takes a while, or something happens in between', () => {
    const apart = [`sends ${batch('words-0')}`, `writes ${batch('words-0')} at 7`]
    expect(told(sent(1), written(30))).toEqual(apart)
    expect(told(sent(1), happened(2, 'app-1', 'is killed'), written(3))).toEqual([apart[0], 'is killed', apart[1]])
  })

  it('is written once for each time it is sent', () => {
    expect(told(sent(1), written(2), written(3))).toEqual([
      `sends ${batch('words-0')}, written at 7 by broker-2`,
      `writes ${batch('words-0')} at 7`,
    ])
  })
})
