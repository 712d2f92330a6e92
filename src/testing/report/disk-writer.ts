import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Puts a text into a file. */
export type WriteText = (path: string, text: string) => void

/** Writes to the disk; folders are made as they are needed, and what was there is replaced. */
export const diskWriter: WriteText = (path, text) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
