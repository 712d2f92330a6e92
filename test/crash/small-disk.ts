import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** A disk of its own, in memory, that is soon full. */
export interface SmallDisk {
  readonly path: string
  /** Gives it so many megabytes. */
  readonly resize: (megabytes: number) => void
  readonly unmount: () => void
}

/** Mounts one at `path`; `undefined` where that is not for us to do: it takes Linux, and root. */
export const smallDisk = (path: string, megabytes: number): SmallDisk | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const run = (command: string, ...args: readonly string[]): void =>
    void execFileSync(command, args, { stdio: 'ignore' })
  mkdirSync(path, { recursive: true })
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'millrace-crash', path)
  } catch {
    return undefined
  }
  return {
    path,
    resize: (to) => run('mount', '-o', `remount,size=${to}m`, path),
    unmount: () => run('umount', path),
  }
}
