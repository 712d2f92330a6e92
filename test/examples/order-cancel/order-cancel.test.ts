import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))

const example = (...args: readonly string[]) =>
  promisify(execFile)(
    'node_modules/.bin/node',
    ['--conditions=millrace-source', 'examples/main.ts', 'order-cancel', ...args],
    { cwd: root },
  )

describe('the example of order cancellation', () => {
  it('cancels what is not paid, once, in time, and nothing else, while its process is killed', async () => {
    const { stdout } = await example('--orders', '500', '--real', '40', '--kills', '2', '--json')
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, number>>
    expect(result).toMatchObject({ orders: 540, kills: 2, wronglyCancelled: 0, missed: 0, doubled: 0, early: 0 })
    expect((result['paid'] ?? 0) + (result['cancelled'] ?? 0)).toBe(540)
    expect(result['cancelled']).toBeGreaterThan(50)
    expect(result['latenessP99Ms']).toBeGreaterThanOrEqual(result['latenessP50Ms'] ?? Number.NaN)
  }, 60_000)
})
