import { stripTypeScriptTypes } from 'node:module'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { filter } from 'rxjs'
import { describe, expect, it } from 'vitest'
import * as operators from '../../operators/index.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import { delayed, type Pipeline, store, stream, type Topics, topic } from '../../src/index.ts'
import { codeBlocks, evaluate, page } from '../support/page.ts'
import { runInMemory, type Sent } from '../support/run-in-memory.ts'

const scope: Readonly<Record<string, unknown>> = { E, t, filter, delayed, store, stream, topic, ...operators }
const [beginning, ...examples] = codeBlocks(page('operators.md'))

interface Example {
  readonly pipeline: Pipeline<Topics, unknown>
  readonly topics: readonly AnyTopic[]
}

/** The pipeline that a block of the page declares, and the topics of the page's beginning. */
const exampleOf = (code: string): Example => {
  const start = (beginning?.code ?? '').replaceAll(/^import [^']*'[^']*'$/gm, '')
  const topics = [...start.matchAll(/^const (\w+) = topic\(/gm)].map(([, name]) => name)
  const pipeline = /^const (\w+) = stream\(/m.exec(code)?.[1]
  const script = stripTypeScriptTypes(`${start}\n${code}`)
  return evaluate(`${script}\nreturn { pipeline: ${pipeline}, topics: [${topics.join()}] }`, scope) as Example
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
    const { pipeline, topics } = exampleOf(code)
    const isRead = (name: string): boolean => pipeline.topics.some((topic) => topic.name === name)
    const outputs = topics.filter(({ name }) => !isRead(name))
    const given = records(code).filter((record) => isRead(record.topic))
    const expected = outputs.flatMap(({ name }) => records(code).filter((record) => record.topic === name))
    expect(expected.length).toBeGreaterThan(0)
    expect(await runInMemory(pipeline, given, outputs)).toEqual(expected)
  })
})
