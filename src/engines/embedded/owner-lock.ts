import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { type Storage, StorageError } from '../../contracts/storage.ts'

/** Keeps every other owner out of a directory; answers how to let go of it. */
export type DirectoryLock = () => E.Either<EngineFailure, () => void>

/** The files that a lock leaves in its directory. */
export const lockFiles: readonly string[] = ['lock.db', 'lock.pid']

/** SQLite's own result codes: https://www.sqlite.org/rescode.html */
const sqliteCodes = { busy: 5, locked: 6, readonly: 8, full: 13, cantOpen: 14, notADatabase: 26 } as const

/** {@link isOwned} holds its lock for less than a millisecond, unless its process is held up. */
const patienceMs = 100

/** The locks of this process: SQLite drops the lock of a handle that is collected, and nobody else may refer to it. */
const heldLocks = new Set<object>()

/**
 * The lock of the directory at `path`, whose files `storage` reaches: the kernel's own lock on `lock.db`, taken through
 * SQLite, because Node has no other way to it. It ends with the process, however that ends. `lock.pid` is only for the message.
 *
 * **Errors** `already-owned` names the owner's pid.
 */
export const ownerLock =
  ({ path, storage, pid }: { path: string; storage: Storage; pid: number }): DirectoryLock =>
  () => {
    let database: { exec: (sql: string) => void; close: () => void } | undefined
    try {
      storage.makeDirectory('')
      const { DatabaseSync } = sqlite()
      database = new DatabaseSync(`${path}/lock.db`)
      database.exec(`PRAGMA busy_timeout = ${patienceMs}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`)
    } catch (error) {
      database?.close()
      return E.left(lockFailure({ path, storage, pid, error }))
    }
    const held = database
    heldLocks.add(held)
    writePid(storage, pid)
    return E.right(() => {
      heldLocks.delete(held)
      held.close()
    })
  }

/**
 * Whether a process owns the directory at `path`, or is about to; true where that cannot be found out. Changes nothing
 * there. It holds a shared lock for as long as it looks, and whoever wants to own the directory waits for that.
 */
export const isOwned = ({ path, storage }: { readonly path: string; readonly storage: Storage }): boolean => {
  let database: InstanceType<typeof import('node:sqlite').DatabaseSync> | undefined
  try {
    if (!storage.exists('lock.db')) return false
    const { DatabaseSync } = sqlite()
    database = new DatabaseSync(`${path}/lock.db`, { readOnly: true })
    database.prepare('SELECT 1 FROM sqlite_schema').get()
    return false
  } catch {
    return true
  } finally {
    database?.close()
  }
}

/** Loads SQLite; on Node 22 it warns that it is experimental, and that one warning is dropped. */
const sqlite = (): typeof import('node:sqlite') => {
  const emit = process.emitWarning
  process.emitWarning = ((warning: string | Error, ...more: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return
    Reflect.apply(emit, process, [warning, ...more])
  }) as typeof process.emitWarning
  try {
    return process.getBuiltinModule('node:sqlite') ?? refuseNode()
  } finally {
    process.emitWarning = emit
  }
}

/** Says of a Node before 22 what it lacks; npm only warns of it. */
const refuseNode = (): never => {
  throw new NodeTooOld(
    `Node ${process.versions.node} has no SQLite, whose lock is used: millrace needs Node 22.22 or later`,
  )
}

class NodeTooOld extends Error {}

const ownedBy = ({ path, owner, pid }: { path: string; owner: string | undefined; pid: number }): string =>
  owner === `${pid}`
    ? `${path} is open already, in this very process (${pid}): share that one connection, or close it first`
    : `${path} is open in process ${owner ?? 'of unknown pid'}: close it there, or open it here with readOnly`

interface Refused {
  readonly path: string
  readonly storage: Storage
  readonly pid: number
  readonly error: unknown
}

const lockFailure = ({ path, storage, pid, error }: Refused): EngineFailure => {
  if (isNoDirectory(error)) {
    const message = `${path} is a file, or lies below one, and no directory: choose another`
    return engineFailure('foreign-directory', message, error)
  }
  if (error instanceof NodeTooOld)
    return engineFailure('storage-denied', `${path} cannot be opened: ${error.message}`, error)
  const { errcode, message } = error as { errcode?: number; message?: string }
  switch (errcode) {
    case sqliteCodes.busy:
    case sqliteCodes.locked:
      return engineFailure('already-owned', ownedBy({ path, owner: readPid(storage), pid }), error)
    case sqliteCodes.notADatabase:
      return engineFailure('foreign-directory', `${path}/lock.db is not ours: choose another directory`, error)
    case sqliteCodes.full:
      return engineFailure(
        'storage-full',
        `${path} cannot be locked, there is no room: make some and open again`,
        error,
      )
    default:
      return engineFailure(
        'storage-denied',
        `${path} cannot be locked (${message}): give this process the right to read and write there, or open it with readOnly`,
        error,
      )
  }
}

const isNoDirectory = (error: unknown): boolean => {
  const cause: unknown = error instanceof StorageError ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOTDIR' || cause.code === 'EEXIST')
}

const writePid = (storage: Storage, pid: number): void => {
  try {
    const file = storage.open('lock.pid', 'create')
    file.truncate(0)
    file.write([new TextEncoder().encode(`${pid}\n`)], 0)
    file.close()
  } catch {
    // only the message of somebody else's failure is poorer for it
  }
}

/** The pid of the process that owned the directory last, as it wrote it down: it may have ended since. */
export const readPid = (storage: Storage): string | undefined => {
  try {
    const file = storage.open('lock.pid', 'read')
    const bytes = new Uint8Array(file.size())
    file.read(bytes, 0)
    file.close()
    return new TextDecoder().decode(bytes).trim() || undefined
  } catch {
    return undefined
  }
}
