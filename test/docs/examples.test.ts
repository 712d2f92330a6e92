import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { docExamples, exampleModule, type Is, typeErrors } from '../support/doc-examples.ts'
import { type ExamplePreamble, examplePreamble } from '../support/example-preamble.ts'
import { sources } from '../tidy/sources.ts'

/*
 * Every block of TypeScript in the README, in a page of the docs and in a docstring is type-checked and run.
 *
 * - `expression // => value` says what the expression is, and is held to it.
 * - The blocks of a page that says "share this beginning" all begin with its first block.
 * - What a block uses and nobody declares is in test/support/example-preamble.ts.
 * - `file:./data` is an empty directory of its own for each example.
 * - A fence of ```ts ignore, with a reason behind it, is left out.
 */
const examples = docExamples()
const shown = examples.filter(({ ignored }) => ignored === undefined)
const root = fileURLToPath(new URL('../../', import.meta.url))

/** Inside of the repository, so that `millrace` is found; `.gitignore` in it keeps it out of everybody's way. */
let folder = ''
let names: readonly string[] = []
let errors: ReadonlyMap<string, readonly string[]>
const pathOf = (at: number): string => join(folder, `example-${at}.ts`)

beforeAll(async () => {
  folder = mkdtempSync(join(root, '.examples-'))
  writeFileSync(join(folder, '.gitignore'), '*\n')
  const preamble = await examplePreamble()
  await preamble.millrace.close()
  names = Object.keys(preamble)
  for (const [at, example] of shown.entries()) {
    const data = join(folder, `data-${at}`)
    mkdirSync(data)
    const code = example.code.replaceAll("'file:./data'", `'file:${data}'`)
    writeFileSync(pathOf(at), exampleModule({ ...example, code }, names).text)
  }
  errors = typeErrors(shown.map((_, at) => pathOf(at)))
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the examples of the docs', () => {
  it('are many, and each operator has one', () => {
    const places = shown.map(({ place }) => place)
    const without = sources(['operators']).filter(({ path }) => !places.some((place) => place.startsWith(`${path}:`)))
    expect(without.map(({ path }) => path)).toEqual(['operators/index.ts'])
  })

  it('are left out for a reason only', () => {
    expect(examples.filter(({ ignored }) => ignored === '')).toEqual([])
  })

  it('say in docstrings what comes of them', () => {
    const silent = examples.filter(({ place, code }) => !place.includes('.md:') && !code.includes(' // => '))
    expect(silent).toEqual([])
  })

  it.each(shown.map((example, at) => ({ ...example, at })))('$place', async (example) => {
    expect(errors.get(pathOf(example.at))).toEqual([])
    const { run } = (await import(pathOf(example.at))) as {
      readonly run: (preamble: ExamplePreamble, is: Is) => Promise<void>
    }
    const reached = new Set<number>()
    const preamble = await examplePreamble()
    await run(preamble, (place, actual, expected) => {
      reached.add(place)
      expect(actual).toEqual(expected)
    })
    await preamble.millrace.close()
    expect(reached.size, 'how many of its values were looked at').toBe(exampleModule(example, names).values)
  })
})
