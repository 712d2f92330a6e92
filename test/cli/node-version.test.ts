import { expect, it } from 'vitest'
import { nodeComplaint } from '../../src/cli/node-version.ts'
import { read } from '../tidy/sources.ts'

const { engines } = JSON.parse(read('package.json')) as { readonly engines: { readonly node: string } }
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
