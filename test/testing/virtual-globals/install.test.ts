import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { systemSettle } from '../../../src/millrace/system.ts'
import { virtualGlobals } from '../../../src/testing/virtual-globals/install.ts'
import { live } from './one-life.ts'

const everything = () => [
  ...[Date, setTimeout, setInterval, setImmediate, clearTimeout, Math.random, fetch, Intl],
  ...[AbortSignal.timeout, performance.now, process.hrtime, crypto.randomUUID, readFileSync, sleep],
]

describe('virtualGlobals', () => {
  it('puts back everything, as often as it was asked for, also after a run that throws', async () => {
    const before = everything()
    const [first, second] = [virtualGlobals(), virtualGlobals()]
    expect(Date).not.toBe(before[0])
    first()
    first()
    expect(Date).not.toBe(before[0])
    second()
    await live(({ world }) => world.watch(() => expect.fail('ends the run'))).catch(() => {})
    for (const [at, value] of everything().entries()) expect(value).toBe(before[at])
  })

  it('leaves time and timers of all others as they are', async () => {
    const restore = virtualGlobals()
    try {
      const began = Date.now()
      await Promise.all([systemSettle(), sleep(1), new Promise((resolve) => setTimeout(resolve, 1))])
      expect(new Date().getTime()).toBeGreaterThanOrEqual(began)
      expect(began).toBeGreaterThan(1_780_000_000_000)
    } finally {
      restore()
    }
  })

  it('refuses a run inside of another one', async () => {
    const { crashes } = await live(async () => virtualGlobals())
    expect(String(crashes[0])).toContain('begun inside of another one')
  })
})
