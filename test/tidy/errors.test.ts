import { describe, expect, it } from 'vitest'
import { failureKinds } from '../../src/contracts/failure.ts'
import { read } from './sources.ts'

/** The rows of the page's tables that begin with a code: `| `closed` | fatal | meaning | way out |`. */
const documented = [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| (\w+) \| ([^|]+) \| ([^|]+) \|$/gm)]

describe('docs/errors.md', () => {
  it('lists every failure code with its kind, and no other', () => {
    const kinds = Object.fromEntries(documented.map(([, code, kind]) => [code, kind]))
    expect(kinds).toEqual(failureKinds)
  })

  it('lists each code once, with a meaning and a way out', () => {
    expect(documented.length).toBe(Object.keys(failureKinds).length)
    expect(documented.filter(([, , , meaning, wayOut]) => !meaning?.trim() || !wayOut?.trim())).toEqual([])
  })
})
