import { readFileSync } from 'node:fs'

/** The text of a page of the docs. */
export const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

/** The TypeScript of a page, a block each, with the heading that it stands under. */
export const codeBlocks = (text: string): readonly { readonly heading: string; readonly code: string }[] => {
  const blocks: { heading: string; code: string }[] = []
  let heading = ''
  for (const [, title, code] of text.matchAll(/^#+ (.*)$|^```ts\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title
    if (code !== undefined) blocks.push({ heading, code })
  }
  return blocks
}

/** The rows of a page's tables, cells trimmed, with the heading that they stand under. */
export const tableRows = (text: string): readonly { readonly heading: string; readonly cells: readonly string[] }[] => {
  const rows: { heading: string; cells: readonly string[] }[] = []
  let heading = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '')
    if (!line.startsWith('| `')) continue
    const cells = line.slice(1, -1).split(/(?<!\\)\|/)
    rows.push({ heading, cells: cells.map((cell) => cell.trim().replaceAll('\\|', '|')) })
  }
  return rows
}

/** What `script`, a function's body, answers with `scope` in scope: code that the docs show. */
export const evaluate = (script: string, scope: Readonly<Record<string, unknown>>): unknown =>
  // oxlint-disable-next-line typescript/no-implied-eval -- our own pages, and only in tests
  new Function(...Object.keys(scope), script)(...Object.values(scope))
