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
  nodeCrypto.randomFillSync(Buffer.alloc(9), 4).toString('hex'),
  nodeCrypto.randomInt(1e9),
  nodeCrypto.randomInt(1e9, 2e9),
]

const thrownBy = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (error) {
    return Reflect.get(error as object, 'code')
  }
}

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
    expect(new Set(first)).toHaveProperty('size', 9)
  })

  it('is given to callbacks, too', async () => {
    const called = async () => {
      const values: unknown[] = []
      await live(() => {
        nodeCrypto.randomBytes(5, (error, bytes) => values.push(error, bytes.toString('hex')))
        nodeCrypto.randomInt(3, 9, (error, value) => values.push(error, value))
      })
      return values
    }
    const first = await called()
    expect(first).toEqual([
      null,
      expect.stringMatching(/^[0-9a-f]{10}$/),
      null,
      expect.toSatisfy((n) => n >= 3 && n < 9),
    ])
    expect(await called()).toEqual(first)
  })

  it('is filled in where it is asked for, and refused by Node where that makes no sense', async () => {
    const filled: unknown[] = []
    await live(() => {
      const view = nodeCrypto.randomFillSync(new Uint16Array(8), 2, 3)
      filled.push(
        view.subarray(0, 2).join(),
        view.subarray(5).join(),
        view.subarray(2, 5).some((value) => value > 0),
      )
      filled.push(
        thrownBy(() => nodeCrypto.randomInt(3, 3)),
        thrownBy(() => nodeCrypto.randomFillSync(new Uint8Array(2), 3)),
      )
    })
    expect(filled).toEqual(['0,0', '0,0,0', true, 'ERR_OUT_OF_RANGE', 'ERR_OUT_OF_RANGE'])
  })

  it('is the machine’s own outside of it', () => {
    expect(draw()).not.toEqual(draw())
  })
})
