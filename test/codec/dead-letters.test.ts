import { describe, expect, it } from 'vitest'
import { deadLetters } from '../../src/codec/dead-letters.ts'

describe('deadLetters', () => {
  it('is a topic of bytes as keys, or none', () => {
    const dead = deadLetters('billing.dead')
    expect(dead).toMatchObject({ name: 'billing.dead', partitions: 1 })
    expect(dead.key.encode(null)).toBe(null)
    expect(dead.key.encode(new Uint8Array([0xff]))).toEqual(new Uint8Array([0xff]))
  })

  it('has room for the largest record that a topic takes by default, in base64', () => {
    const dead = deadLetters('billing.dead')
    const largest = 1024 * 1024
    expect(dead.config['max.message.bytes']).toBeGreaterThan((largest * 4) / 3 + 64 * 1024)
  })

  it('takes partitions and settings', () => {
    const dead = deadLetters('billing.dead', { partitions: 3, config: { 'max.message.bytes': 10, 'retention.ms': -1 } })
    expect(dead).toMatchObject({ partitions: 3, config: { 'max.message.bytes': 10, 'retention.ms': -1 } })
  })
})
