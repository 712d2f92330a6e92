import { describe, expect, it } from 'vitest'
import { read, sources } from './sources.ts'

const camelCase = (kebab: string): string => kebab.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

const operators = sources(['operators'])
  .map(({ path }) => path.slice('operators/'.length, -'.ts'.length))
  .filter((name) => name !== 'index')

describe('every operator', () => {
  const tests = new Set(sources(['test/operators']).map(({ path }) => path))
  const index = read('operators/index.ts')
  const docs = read('docs/operators.md')

  it('has a test under its own name', () => {
    expect(operators.filter((name) => !tests.has(`test/operators/${name}.test.ts`))).toEqual([])
  })

  it('is exported under its own name, from its own line of the index', () => {
    const listed = (name: string) =>
      new RegExp(`^export \\{[^}]*\\b${camelCase(name)}\\b[^}]*\\} from '\\./${name}\\.ts'`, 'm')
    expect(operators.filter((name) => !listed(name).test(index))).toEqual([])
  })

  it('has a heading in the docs', () => {
    const heading = (name: string) => new RegExp(`^#{2,4} .*\\b${camelCase(name)}\\b`, 'm')
    expect(operators.filter((name) => !heading(name).test(docs))).toEqual([])
  })
})
