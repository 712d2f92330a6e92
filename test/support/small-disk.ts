import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own that really is full when it is full. */
export interface SmallDisk {
  readonly path: string
  /** Takes room away with a file of its own, until so many bytes are left; nothing where there is less already. */
  readonly leave: (bytes: number) => void
  /** Gives back what {@link leave} has taken. */
  readonly free: () => void
  readonly remove: () => void
}

/** Why there can be no small disk here; `undefined` where there can. */
export const noSmallDisk = (): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux may mount a tmpfs'
  try {
    smallDisk(1024 * 1024).remove()
    return undefined
  } catch (error) {
    return `a tmpfs cannot be mounted here: ${error}`
  }
}

/** Mounts a tmpfs of so many bytes. */
export const smallDisk = (bytes: number): SmallDisk => {
  const mount = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'millrace-test', mount], { stdio: 'pipe' })
  } catch (error) {
    rmSync(mount, { recursive: true })
    throw error
  }
  const ballast = openSync(join(mount, 'ballast'), 'w')
  let taken = 0
  const available = () => {
    const { bavail, bsize } = statfsSync(mount)
    return bavail * bsize
  }
  return {
    path: join(mount, 'data'),
    leave: (left) => {
      const more = Math.max(0, available() - left)
      taken += writeSync(ballast, new Uint8Array(more), 0, more, taken)
    },
    free: () => {
      ftruncateSync(ballast, 0)
      taken = 0
    },
    remove: () => {
      closeSync(ballast)
      execFileSync('/bin/umount', ['--lazy', mount], { stdio: 'pipe' })
      rmSync(mount, { recursive: true, force: true })
    },
  }
}
