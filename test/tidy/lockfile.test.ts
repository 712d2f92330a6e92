import { describe, expect, it } from 'vitest'
import { read } from './sources.ts'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const { packages } = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> }
const locked = Object.entries(packages)

describe('the lockfile', () => {
  it('names no registry, folder or address of one machine', () => {
    const strange = ({ resolved = '', version = '' }: Locked) =>
      (resolved !== '' && !resolved.startsWith('https://registry.npmjs.org/')) || version.includes(':')
    expect(locked.filter(([, entry]) => strange(entry)).map(([path]) => path)).toEqual([])
  })

  it('knows the packages of every platform, also those that were not there to be installed: `npm ci` wants them', () => {
    const paths = new Set(Object.keys(packages))
    /** Where Node would look for it: beside the package, or beside one that it lies in. */
    const known = (path: string, name: string): boolean => {
      if (paths.has(`${path}/node_modules/${name}`.replace(/^\//, ''))) return true
      return path !== '' && known(path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))), name)
    }
    const missing = locked.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !known(path, name)),
    )
    expect(missing).toEqual([])
  })
})
