import { of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { branch } from '../../operators/branch.ts'
import { inBatches } from '../../operators/in-batches.ts'
import { perRecord } from '../../operators/per-record.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { batchWork, isInBatches } from '../../src/contracts/in-batches.ts'
import { stream } from '../../src/pipeline/stream.ts'
import { recordOf } from '../support/records.ts'

const rows = topic('rows', { key: text, value: text })
const work = (): void => undefined

describe('inBatches', () => {
  it('carries its work for the runner, who finds it in the pipeline', () => {
    const [operator] = stream(rows).pipe(inBatches(work, { maxRecords: 7 })).operators
    expect(operator !== undefined && isInBatches(operator) && operator[batchWork]).toEqual({ work, maxRecords: 7 })
  })

  it('takes 500 records where nothing is said', () => {
    const operator = inBatches(work)
    expect(isInBatches(operator) && operator[batchWork].maxRecords).toBe(500)
  })

  it.each([
    ['in an arm of branch', () => stream(rows).pipe(branch(() => 'a' as const, { a: (s) => s.pipe(inBatches(work)) }))],
    ['in perRecord', () => stream(rows).pipe(perRecord(inBatches(work)))],
    ['in a pipe of its own', () => stream(rows).pipe((s) => s.pipe(inBatches(work)))],
    ['over an observable', () => of(recordOf('x')).pipe(inBatches(work))],
  ])('throws as the pipeline is built where it stands %s', (_, build) => {
    expect(build).toThrow('inBatches(…) splits the pipeline')
  })

  it('says while the pipeline is built what is wrong with its arguments', () => {
    expect(() => inBatches(undefined as never)).toThrow('inBatches(…) takes a function')
    for (const maxRecords of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => inBatches(work, { maxRecords })).toThrow(`as maxRecords, and not ${maxRecords}`)
  })
})
