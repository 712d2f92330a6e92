import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const compiler = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'))

/** The child as JavaScript, which begins in a third of the time that its TypeScript takes. */
export interface BuiltChild {
  readonly script: string
  readonly remove: () => void
}

/** Compiles the child as it stands, with all that it imports, in a directory of its own; takes a few seconds. Rejects where it does not compile. */
export const builtChild = async (): Promise<BuiltChild> => {
  // below node_modules, so that what the child imports by name is found from there
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'crash-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  const config = {
    extends: join(root, 'tsconfig.json'),
    // `npm run check` looks at the types
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      declaration: false,
      isolatedDeclarations: false,
      types: [],
      rootDir: root,
      outDir: directory,
    },
    files: [join(root, 'test/crash/child.ts')],
    include: [],
  }
  try {
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config))
    await promisify(execFile)(process.execPath, [compiler, '-p', directory])
    return { script: join(directory, 'test/crash/child.js'), remove }
  } catch (error) {
    remove()
    throw error
  }
}
