import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { Engine } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
import { lockFiles, readPid } from '../engines/embedded/owner-lock.ts'
import { diskStorage } from '../log/disk-storage.ts'
import { engineAt } from '../millrace/engine-at.ts'
import { systemClock, systemRandom } from '../millrace/system.ts'
import { readUrl } from '../millrace/url.ts'
import { Complaint } from './complaint.ts'
import type { Access } from './world.ts'

/**
 * Opens the engine at `url`. What only reads opens a directory beside its owner, and none is made but by `create`.
 *
 * **Errors** rejects with a {@link Complaint} where there is no such directory, or another process owns what is to be
 * written; with a `MillraceError` otherwise.
 */
export const openEngine = async (url: string, access: Access): Promise<Engine> => {
  const target = readUrl(url === 'memory' ? 'memory:' : url, '--url file:./data (a directory of this machine)')
  if (E.isLeft(target)) throw new Complaint('usage', target.left.message, new MillraceError(target.left))
  if (target.right._tag === 'memory')
    throw new Complaint('usage', `${url} would be gone with this command: name a directory, as in --url file:./data`)
  const { directory } = target.right
  if (access !== 'create') refuseMissing(directory)
  const readOnly = access === 'read'
  try {
    return await engineAt(url, { durability: 'power', readOnly, clock: systemClock, random: systemRandom })
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'already-owned')) throw error
    throw new Complaint('inUse', ownedBy(directory), error)
  }
}

const refuseMissing = (directory: string): void => {
  if (existsSync(join(directory, 'millrace.catalog'))) return
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new Complaint('failed', `${directory} is a file, and no directory: mind the spelling of --url`)
  // what holds something else is for the engine to name
  if (existsSync(directory) && !isEmpty(directory)) return
  throw new Complaint(
    'missing',
    `there is no millrace directory at ${directory}: mind the spelling of --url, or make one with 'millrace --url file:${directory} topics create --topic NAME'`,
  )
}

const isEmpty = (directory: string): boolean => {
  try {
    return readdirSync(directory).every((name) => lockFiles.some((ours) => name.startsWith(ours)))
  } catch {
    return false
  }
}

const ownedBy = (directory: string): string =>
  `${directory} is open in process ${readPid(diskStorage(directory)) ?? 'of unknown pid'}, and only that one may write there: stop it first, or do this from within it; what only reads works beside it: topics and groups list and describe, dlq list and show, jobs list, tiers and show, consume without --group, and what waits for --execute`
