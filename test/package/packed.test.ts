import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmptyProject, emptyProject } from './empty-project.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (name: string): string => readFileSync(join(root, name), 'utf8')

interface Manifest {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly devDependencies: Readonly<Record<'node' | 'typescript', string>>
}
const { version, engines, devDependencies } = JSON.parse(read('package.json')) as Manifest

/** What the README says: its first example, what that prints, and what to install for it. */
const readme = read('README.md')
const find = (pattern: RegExp): string => {
  const [, found] = pattern.exec(readme) ?? []
  if (found === undefined) throw new Error(`README.md has nothing like ${pattern}`)
  return found
}
const example = find(/^```ts\n([\s\S]*?)^```$/m)
const printed = `${find(/^It prints `(.*?)`/m)}\n`
const peers = find(/`npm install millrace ([^`]*)`/).split(' ')

/** The oldest Node that the package takes, and the one that it is developed on. */
const nodes = [engines.node.replace(/^>=(\d+\.\d+)$/, '$1.0'), devDependencies.node]

const tsconfig = { compilerOptions: { strict: true, module: 'nodenext', outDir: 'js' }, files: ['example.ts'] }

describe.each(nodes)('the packed package on Node %s', (node) => {
  let project: EmptyProject

  beforeAll(async () => {
    project = await emptyProject(node)
    const { stdout } = await project.must('npm', 'pack', root, '--silent', '--ignore-scripts')
    const tarball = join(project.folder, stdout.trim())
    const typescript = `typescript@${devDependencies.typescript}`
    await project.must('npm', 'install', '--engine-strict', tarball, ...peers, typescript)
    project.write('tsconfig.json', JSON.stringify(tsconfig))
    project.write('example.ts', example)
  })
  afterAll(() => project.remove())

  /** Runs a program of its own against an empty `./data`; answers what it prints. */
  const print = async (program: string): Promise<string> => {
    rmSync(join(project.folder, 'data'), { recursive: true, force: true })
    return (await project.must('node', program)).stdout
  }

  it('is installed by, and runs on, that very Node', async () => {
    expect(await project.must('node', '--version')).toMatchObject({ stdout: `v${node}\n` })
    expect(await project.must('npm', 'ls')).toMatchObject({ code: 0 })
  })

  it('runs the example of the README as TypeScript, its types stripped by Node', async () => {
    expect(await print('example.ts')).toBe(printed)
  })

  it('type-checks that example, and its own types, strictly, and runs the JavaScript that comes of it', async () => {
    expect(await project.run('tsc')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await print('js/example.js')).toBe(printed)
  })

  it('says its version', async () => {
    expect(await project.must('npx', 'millrace', '--version')).toMatchObject({ stdout: `${version}\n` })
  })

  it('can be required from CommonJS', async () => {
    project.write(
      'required.cjs',
      "const { connect } = require('millrace')\nconst { to } = require('millrace/operators')\nconsole.log(connect.name, to.name)",
    )
    expect(await project.must('node', 'required.cjs')).toMatchObject({ stdout: 'connect to\n', stderr: '' })
  })

  it.each(['rxjs', 'fp-ts', 'io-ts'])('says that %s is missing, where it is', async (peer) => {
    const place = join(project.folder, 'node_modules', peer)
    expect(existsSync(place)).toBe(true)
    renameSync(place, `${place}.away`)
    project.write('import.js', "import 'millrace'")
    const { code, stderr } = await project.run('node', 'import.js')
    renameSync(`${place}.away`, place)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      new RegExp(`^Error \\[ERR_MODULE_NOT_FOUND\\]: Cannot find package '${peer}' imported from .*/millrace/`, 'm'),
    )
  })

  it('says that a package for a compression is missing, and how to get it', async () => {
    project.write(
      'snappy.js',
      `import { connect, text, topic } from 'millrace'
      const millrace = await connect('memory:')
      const squeezed = topic('t', { key: text, value: text, config: { 'compression.type': 'snappy' } })
      await millrace.create(squeezed)
      await millrace.send(squeezed, [{ key: 'k', value: 'v' }]).catch(({ message, code }) => console.log(message, code))
      await millrace.close()`,
    )
    expect(await print('snappy.js')).toMatch(
      /needs the package snappy.*: npm install snappy \[missing-package\] missing-package\n$/,
    )
  })
})
