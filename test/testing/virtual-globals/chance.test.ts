import * as nodeCrypto from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { live } from './one-life.ts'

const draw = () => [
  Math.random(),
  crypto.randomUUID(),
  nodeCrypto.randomUUID(),
  nodeCrypto.randomBytes(20).toString('hex'),
  nodeCrypto.randomFillSync(new Uint8Array(3)).join(),
  crypto.getRandomValues(new Uint32Array(5)).join(),
]

const drawn = async () => {
  let values: unknown[] = []
  await live(() => void (values = draw()))
  return values
}

describe('randomness of a simulated life', () => {
  it('is the same for the same seed, and of the same kind as ever', async () => {
    const first = await drawn()
    expect(await drawn()).toEqual(first)
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    expect(first[1]).toMatch(uuid)
    expect(first[2]).toMatch(uuid)
    expect(first[3]).toMatch(/^[0-9a-f]{40}$/)
    expect(new Set(first)).toHaveProperty('size', 6)
  })

  it('is the machine’s own outside of it', () => {
    expect(draw()).not.toEqual(draw())
  })
})
