import { describe, expect, it } from 'vitest'
import { linesThatMatch, sources } from './sources.ts'

const shipped = sources(['src', 'operators'])
const all = [...shipped, ...sources(['test', 'examples', 'bench'])]

describe('modules', () => {
  it('import files of fp-ts and io-ts, since their folders do not load in ESM', () => {
    expect(linesThatMatch(all, /from ['"](fp-ts|io-ts)\/(?!lib\/[\w/]+\.js['"])/)).toEqual([])
  })

  it('list by name what they export', () => {
    expect(linesThatMatch(all, /^export (\*|default)/)).toEqual([])
  })

  it('are named in kebab-case, for one idea', () => {
    const names = all.map(({ path }) => path)
    expect(names.filter((path) => !/^[a-z0-9-]+(\/[a-z0-9-]+)*(\.test|\.types)?\.ts$/.test(path))).toEqual([])
    expect(names.filter((path) => /(^|[/-])(utils?|helpers?|common|misc)(?=[/.-])/.test(path))).toEqual([])
  })

  it('of src have their tests where they stand themselves', () => {
    const paths = new Set(shipped.map(({ path }) => path.replace(/[^/]+$/, '')))
    const tested = sources(['test/operators', 'test/protocol', 'test/log', 'test/batch', 'test/codec'], '.test.ts')
    const strays = tested
      .map(({ path }) => path.replace(/^test\/(?!operators)/, 'src/').replace(/^test\//, ''))
      .filter((path) => !paths.has(path.replace(/[^/]+$/, '')))
    expect(strays).toEqual([])
  })
})
