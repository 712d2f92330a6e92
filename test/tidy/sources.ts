import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A file of the repository: its path from the root, with `/` between the names. */
export interface Source {
  readonly path: string
  readonly text: string
}

export const read = (path: string): string => readFileSync(root + path, 'utf8')

/** The files under `folders` whose names end in `ending`, sorted by path. */
export const sources = (folders: readonly string[], ending = '.ts'): readonly Source[] =>
  folders
    .flatMap((folder) =>
      readdirSync(root + folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
        .map((entry) => `${entry.parentPath.slice(root.length)}/${entry.name}`),
    )
    .sort()
    .map((path) => ({ path, text: read(path) }))

/** `path:line` of every line that matches, comments aside. */
export const linesThatMatch = (files: readonly Source[], pattern: RegExp): readonly string[] =>
  files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, at) =>
        pattern.test(line.replace(/\/\/.*$/, '').replace(/^\s*\*.*$/, '')) ? [`${path}:${at + 1}`] : [],
      ),
  )
