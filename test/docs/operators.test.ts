import { stripTypeScriptTypes } from 'node:module'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { filter } from 'rxjs'
import { describe, expect, it } from 'vitest'
import * as operators from '../../operators/index.ts'
import { store } from '../../src/codec/store.ts'
import { topic } from '../../src/codec/topic.ts'
import { type Pipeline, stream, type Topics } from '../../src/pipeline/stream.ts'
import { codeBlocks, evaluate, page } from '../support/page.ts'
import { runAlone, type Sent } from '../support/run-alone.ts'

const scope: Readonly<Record<string, unknown>> = { E, t, filter, store, stream, topic, ...operators }
const [beginning, ...examples] = codeBlocks(page('operators.md'))

/** The pipeline that a block of the page declares, behind the page's beginning. */
const pipelineOf = (code: string): Pipeline<Topics, unknown> => {
  const name = /^const (\w+) = stream\(/m.exec(code)?.[1]
  const declared = (beginning?.code ?? '').replaceAll(/^import [^']*'[^']*'$/gm, '')
  const script = stripTypeScriptTypes(`${declared}\n${code}`)
  return evaluate(`${script}\nreturn ${name}`, scope) as Pipeline<Topics, unknown>
}

/** The comments below it: `// topic key: value`. */
const records = (code: string): readonly Sent[] =>
  [...code.matchAll(/^\/\/ (\S+) (\S+): (.*)$/gm)].map(([, topic = '', key, value]) => ({
    topic,
    key,
    value: evaluate(`return (${value})`, {}),
  }))

describe('the page of operators', () => {
  it('has an example of each', () => {
    const headings = examples.map(({ heading }) => heading)
    expect(headings).toEqual([...new Set(headings)])
    expect([...headings].sort()).toEqual(Object.keys(operators).sort())
  })

  it('imports what there is', () => {
    const names = [...(beginning?.code ?? '').matchAll(/import \{([^}]*)\}/g)].flatMap(([, list = '']) =>
      list.split(',').map((name) => name.trim()),
    )
    expect(names.filter((name) => name !== '' && !(name in scope))).toEqual([])
  })

  it.each(examples)('is right about $heading', async ({ code }) => {
    const pipeline = pipelineOf(code)
    const read = new Set(pipeline.topics.map((topic) => topic.name))
    const [given, expected] = [
      records(code).filter((record) => read.has(record.topic)),
      records(code).filter((record) => !read.has(record.topic)),
    ]
    expect(expected.length).toBeGreaterThan(0)
    expect(await runAlone(pipeline, given)).toEqual(expected)
  })
})
