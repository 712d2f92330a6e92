import * as rxjs from 'rxjs'
import { lastValueFrom, type Observable, type OperatorFunction, of, toArray } from 'rxjs'
import * as rxjsOperators from 'rxjs/operators'
import { describe, expect, it } from 'vitest'
import { perRecord } from '../../operators/per-record.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import { marbles } from '../support/marbles.ts'
import { evaluate, page, tableRows } from '../support/page.ts'
import { recordOf } from '../support/records.ts'

type Chain = OperatorFunction<StreamRecord<string, number>, unknown>

const text = page('operators.md')
const rows = tableRows(text).map(({ heading, cells }) => {
  const [name, example, gives] = cells.map((cell) => cell.replaceAll('`', ''))
  return { heading, name: name ?? '', example: example ?? '', gives: gives ?? '' }
})
const under = (heading: string) => rows.filter((row) => row.heading === heading)

// an operator that RxJS also has a creation function for is exported from the root as that
const exported: Readonly<Record<string, unknown>> = { ...rxjsOperators, ...rxjs }

/** An example of the page as the operator that it is. */
const chainOf = (example: string): Chain => {
  const operators = evaluate(`return [${example}]`, exported) as readonly Chain[]
  return (source) => operators.reduce((out: Observable<unknown>, operator) => out.pipe(operator as never), source)
}

const record = recordOf(7)
const values = {
  r: record,
  v: 7,
  a: [record],
  p: [record, 1],
  t: true,
  f: false,
  0: 0,
  1: 1,
}

describe('the page of operators', () => {
  it('sorts all that RxJS exports, each once', () => {
    const rest = text.slice(text.indexOf('### Everything else')).split('. `ajax`')[0] ?? ''
    const named = [...rest.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '')
    const sorted = [...rows.map((row) => row.name), ...named]
    expect([...sorted].sort()).toEqual(Object.keys(exported).sort())
  })

  it('says of each operator in its table what it is about', () => {
    expect(rows.filter((row) => !new RegExp(`\\b${row.name}\\b`).test(row.example))).toEqual([])
  })

  it.each(rows)('is right about $name: $example gives $gives', ({ example, gives }) =>
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('(r|)', { r: record }).pipe(chainOf(example))).toBe(gives, values, expect.anything())
    }),
  )

  it('calls harmless only what passes the record on as if it were not there', () => {
    const harmless = under('Harmless, and without meaning')
    expect(harmless.length).toBeGreaterThan(10)
    expect(harmless.filter((row) => row.gives !== '(r|)')).toEqual([])
  })

  it('says so where the record is lost', () => {
    const line = (name: string) => text.split('\n').find((other) => other.startsWith(`| \`${name}\` |`)) ?? ''
    const careful = rows.filter((row) => row.heading.startsWith('With care'))
    const lost = careful.filter((row) => row.gives === '|').map((row) => row.name)
    expect(careful.map((row) => row.name).filter((name) => line(name).includes('**loses** every'))).toEqual(lost)
  })

  const atOnce = rows.filter((row) => row.heading !== 'Creation functions' && /^(\||\([^#]*\|\))$/.test(row.gives))
  it.each(atOnce)('and perRecord makes of $example what it is on one record', async ({ example }) => {
    const alone = await lastValueFrom(of(record).pipe(chainOf(example), toArray()))
    expect(await lastValueFrom(of(record).pipe(perRecord(chainOf(example)), toArray()))).toEqual(alone)
  })
})
