import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { underWay } from '../../../src/testing/virtual-globals/under-way.ts'

describe('underWay', () => {
  it('names what has come since, as Node does', async () => {
    const server = createServer()
    const said = underWay()
    expect(said()).toBe('')
    const timers = [setTimeout(() => {}, 60_000), setTimeout(() => {}, 60_000)]
    await new Promise<void>((resolve) => server.listen(0, resolve))
    expect(said().split(', ').sort()).toEqual(['2 Timeout', 'TCPServerWrap'])
    for (const timer of timers) clearTimeout(timer)
    await new Promise((resolve) => server.close(resolve))
    expect(said()).not.toContain('Timeout')
  })
})
