import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { read } from '../tidy/sources.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
const pages = ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => `docs/${name}`)]

interface Link {
  readonly from: string
  readonly to: string
  /** From the root; the page itself for a link within it. */
  readonly path: string
  readonly heading: string | undefined
}

const linksOf = (from: string): readonly Link[] =>
  [...read(from).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, to = '']) => {
    const [path = '', heading] = to.split('#')
    return { from, to, path: path === '' ? from : join(dirname(from), path), heading }
  })

/** As GitHub makes them. */
const anchorsOf = (path: string): readonly string[] =>
  [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('the links of the docs', () => {
  const links = pages.flatMap(linksOf)

  it('lead to a file, and to a heading that it has', () => {
    expect(links.filter(({ path }) => !existsSync(join(root, path)))).toEqual([])
    const toHeadings = links.filter(({ heading }) => heading !== undefined)
    expect(toHeadings.filter(({ path, heading = '' }) => !anchorsOf(path).includes(heading))).toEqual([])
  })

  it('reach every page, from the README and from the index', () => {
    const reached = (from: string) => new Set(linksOf(from).map(({ path }) => path))
    const all = docs.map((name) => `docs/${name}`).filter((path) => path !== 'docs/README.md')
    expect(all.filter((path) => !reached('docs/README.md').has(path))).toEqual([])
    expect([...all, 'docs/README.md'].filter((path) => !reached('README.md').has(path))).toEqual([])
  })
})
