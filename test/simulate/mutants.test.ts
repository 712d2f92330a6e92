import { describe, expect, it } from 'vitest'
import { planted } from './mutants.ts'
import { findPlanted } from './rounds.ts'

/** The others are looked for by `npm run simulate`. */
const cheap = planted.filter(({ isCheap }) => isCheap)

describe('the properties', () => {
  it.each(cheap)('find $name within $runs runs', async (one) => {
    const failure = await findPlanted(one, 3)
    expect(failure?.outcome.violations.length).toBeGreaterThan(0)
  })
})
