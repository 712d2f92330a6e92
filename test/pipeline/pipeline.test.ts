import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { pipelineType } from '../../scripts/pipeline-type.ts'

it('the type of a pipeline is as its script writes it', () => {
  expect(readFileSync(new URL('../../src/pipeline/pipeline.ts', import.meta.url), 'utf8')).toBe(pipelineType())
})
