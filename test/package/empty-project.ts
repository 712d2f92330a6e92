import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** What became of a command. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A folder outside of the repository, as a user of the package begins with one. */
export interface EmptyProject {
  readonly folder: string
  readonly write: (name: string, text: string) => void
  /** Runs a command there, with what is installed there first in its path. */
  readonly run: (command: string, ...args: readonly string[]) => Promise<Ended>
  /** As {@link run}; rejects, with all that the command said, where it fails. */
  readonly must: (command: string, ...args: readonly string[]) => Promise<Ended>
  readonly remove: () => void
}

/** Makes a project that has Node `version` and nothing else; whatever runs in it from then on, npm too, runs on that. */
export const emptyProject = async (version: string): Promise<EmptyProject> => {
  const folder = mkdtempSync(join(tmpdir(), `millrace-on-node-${version}-`))
  const env = { ...outerEnvironment(), PATH: [join(folder, 'node_modules/.bin'), process.env['PATH']].join(delimiter) }
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)

  const run = async (command: string, ...args: readonly string[]): Promise<Ended> => {
    try {
      return { code: 0, ...(await promisify(execFile)(command, args, { cwd: folder, env })) }
    } catch (error) {
      const { code, stdout, stderr } = error as Ended
      if (typeof code !== 'number') throw error
      return { code, stdout, stderr }
    }
  }
  const must = async (command: string, ...args: readonly string[]): Promise<Ended> => {
    const ended = await run(command, ...args)
    if (ended.code !== 0) throw new Error(`${[command, ...args].join(' ')}: ${ended.stdout}${ended.stderr}`)
    return ended
  }

  write('package.json', JSON.stringify({ private: true, type: 'module', allowScripts: { node: true } }))
  await must('npm', 'install', '--save-dev', `node@${version}`)
  return { folder, write, run, must, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The environment without what `npm run` and Vitest put into it: it would point npm at this repository. */
const outerEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(package|lifecycle|config_local)_|VITE|NODE_(ENV|OPTIONS|PATH)$|INIT_CWD)/.test(name),
    ),
  )
