import { stripTypeScriptTypes } from 'node:module'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import * as rxjs from 'rxjs'
import { describe, expect, it } from 'vitest'
import * as operators from '../../operators/index.ts'
import * as millrace from '../../src/index.ts'
import { evaluate } from '../support/page.ts'
import { read, sources } from '../tidy/sources.ts'

const modules: Readonly<Record<string, unknown>> = {
  'fp-ts/lib/Either.js': E,
  'io-ts': t,
  rxjs,
  millrace,
  'millrace/operators': operators,
}

const examples = [...sources(['operators', 'src/codec']).map(({ path }) => path), 'src/pipeline/stream.ts'].flatMap(
  (path) =>
    [...read(path).matchAll(/@example\n \* ```ts\n([\s\S]*?)^ \* ```$/gm)].map(([, code = '']) => ({
      path,
      code: code.replaceAll(/^ \* ?/gm, ''),
    })),
)

/** Runs an example; `x // => y` in it says what `x` must be. */
const run = (code: string): void => {
  const script = code
    .replaceAll(/^import \* as (\w+) from '(.*)'$/gm, "const $1 = modules['$2']")
    .replaceAll(/^import (\{.*\}) from '(.*)'$/gm, "const $1 = modules['$2']")
    .replaceAll(/^(.*) \/\/ => (.*)$/gm, 'expect($1).toEqual($2)')
  evaluate(stripTypeScriptTypes(script), { modules, expect })
}

describe('the examples in docstrings', () => {
  it('are there, one at least for each operator, and say what comes of them', () => {
    const paths = examples.map(({ path }) => path)
    const without = sources(['operators']).filter(({ path }) => !paths.includes(path) && !path.endsWith('/index.ts'))
    expect(without).toEqual([])
    expect(examples.filter(({ code }) => !code.includes(' // => '))).toEqual([])
  })

  it.each(examples)('are right: $path', ({ code }) => run(code))
})
