import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { nodeComplaint } from '../../src/millrace/node-version.ts'
import { read } from '../tidy/sources.ts'

const { engines, exports } = JSON.parse(read('package.json')) as {
  readonly engines: { readonly node: string }
  readonly exports: Readonly<Record<string, unknown>>
}
const [major = 0, minor = 0] = engines.node.replace('>=', '').split('.').map(Number)

it.each([
  [`${major}.${minor}.0`],
  [`${major}.${minor + 10}.1`],
  [`${major + 1}.0.0`],
  [`${major + 100}.1.0`],
  [process.versions.node],
])('Node %s will do', (version) => expect(nodeComplaint(version)).toBeUndefined())

it.each([[`${major}.${minor - 1}.9`], [`${major - 2}.${minor + 1}.0`], ['9.99.9']])(
  'Node %s is named, with the one that is needed',
  (version) => {
    const complaint = nodeComplaint(version)
    for (const words of [`Node ${version}`, `${major}.${minor} or later`]) expect(complaint).toContain(words)
  },
)

/** What a Node that says it is of `version` gets to hear of each entry of the package. */
const heardBy = (version: string, entries: readonly string[]): unknown => {
  const program = `
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })
    const heard = []
    for (const entry of ${JSON.stringify(entries)})
      heard.push(await import(entry).then(() => 'nothing', ({ message }) => message))
    console.log(JSON.stringify(heard))`
  const args = ['--conditions=millrace-source', '--input-type=module', '--eval', program]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

it('every entry of the package refuses a Node that is too old, by name', () => {
  // operators are functions, for whatever has RxJS; the matchers come up within Vitest only
  const others = ['./package.json', './operators', './testing/vitest']
  const entries = Object.keys(exports).filter((entry) => !others.includes(entry))
  const names = entries.map((entry) => entry.replace('.', 'millrace'))
  expect(names).toContain('millrace/testing')
  const refusal = `millrace: ${nodeComplaint('20.20.2')}`
  expect(heardBy('20.20.2', names)).toEqual(names.map(() => refusal))
  expect(heardBy(process.versions.node, ['millrace'])).toEqual(['nothing'])
})
