import { expect, it } from 'vitest'
import { recordFault } from '../../src/codec/record-fault.ts'

const none = new Map()

it('finds nothing wrong with bytes under names, at a time', () => {
  expect(recordFault({ headers: none, timestamp: 0 }, 0)).toBeUndefined()
  expect(recordFault({ headers: new Map([['trace', new Uint8Array(2)]]), timestamp: 2 ** 40 }, 0)).toBeUndefined()
  expect(recordFault({ headers: none, timestamp: -1 }, -1)).toBeUndefined()
})

it('says what is wrong, and what to give instead', () => {
  expect(recordFault({ headers: none, timestamp: -1 }, 0)).toBe(
    'has timestamp -1: give whole milliseconds since the epoch, as in date.getTime()',
  )
  expect(recordFault({ headers: none, timestamp: '7' }, -1)).toContain('has timestamp "7"')
  expect(recordFault({ headers: new Map([['trace', 7]]), timestamp: 0 }, 0)).toBe(
    "has a header 'trace' that is 7: give bytes, as in Buffer.from('shop')",
  )
  expect(recordFault({ headers: new Map([[7, new Uint8Array()]]), timestamp: 0 }, 0)).toContain('a header named 7')
})
