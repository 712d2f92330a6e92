import { describe, expect, it } from 'vitest'
import { isFrom } from '../../operators/is-from.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { recordOf } from '../support/records.ts'

describe('isFrom', () => {
  it('tells a topic by its name', () => {
    const orders = topic('orders', { key: text, value: text })
    expect(isFrom(orders)(recordOf('', { topic: 'orders' }))).toBe(true)
    expect(isFrom(orders)(recordOf('', { topic: 'refunds' }))).toBe(false)
  })
})
