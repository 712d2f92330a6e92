import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { pipeSource } from '../../scripts/pipe-overloads.ts'

it('pipe is as the script writes it', () => {
  expect(readFileSync(new URL('../../src/pipeline/pipe.ts', import.meta.url), 'utf8')).toBe(pipeSource())
})
