import type { ClassicLevel } from 'classic-level'
import { optionalPackage } from '../batch/optional-package.ts'
import type { Clock } from '../contracts/clock.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { never, type StateChange, type StateEntry, type StateStore } from '../contracts/state-store.ts'
import { expiryKey, keyOfExpiry, readValue, valueBytes } from './level-layout.ts'
import { readStanding, type Standing } from './standing.ts'

type Level = ClassicLevel<Uint8Array, Uint8Array>

/** Throws a `MillraceError` `missing-package` where it is not installed. */
export const requireLevel: () => typeof import('classic-level') = optionalPackage(
  "a store that is kept on disk (in: 'disk')",
  'classic-level',
)

/** {@link StateStore} in a directory of this machine. */
export interface LevelStore extends StateStore {
  /** What it says of itself; `undefined` where it is new, or is none of ours. */
  readonly standing: () => Standing | undefined
  /** Removes all that is there, and belongs to that changelog from now on. */
  readonly begin: (changelogId: string) => Promise<void>
}

export interface LevelOptions {
  readonly path: string
  readonly clock: Clock
  /** Of its entries' bytes; 32 MiB where nothing is said. */
  readonly cacheBytes?: number
}

const entriesPerRead = 256
const confirmAfterMs = 60 * 60 * 1000
const lockedTriesMax = 100
const lockedPauseMs = 100

/** Stores that this process is closing: a directory can be opened again after that. */
const closing = new Map<string, Promise<void>>()

/**
 * State in LevelDB: larger than memory, as durable as its changelog. It is not synced: after a loss of power it stands where it
 * stood some time before, entries and position together, and the changelog has the rest.
 *
 * **Errors** rejects with a {@link MillraceError}: `missing-package` where `classic-level` is not installed, `already-owned` where
 * another process has the directory and keeps it, `storage-failed` otherwise.
 */
export const openLevelStore = async (options: LevelOptions): Promise<LevelStore> => {
  const { path, clock, cacheBytes = 32 * 1024 * 1024 } = options
  const { ClassicLevel } = requireLevel()
  await closing.get(path)
  const db: Level = new ClassicLevel(path, { keyEncoding: 'view', valueEncoding: 'view', cacheSize: cacheBytes })
  try {
    await openPatiently(db, options)
  } catch (error) {
    if (!isCode(error, 'LEVEL_CORRUPTION')) throw error
    await ClassicLevel.destroy(path)
    await openPatiently(db, options)
  }
  const told = await db.get(standingKey)
  const standing = told === undefined ? undefined : readStanding(Buffer.from(told).toString())
  return levelStore(db, { path, clock, standing, mayExpire: (await db.get(expiringKey)) !== undefined })
}

interface Opened {
  readonly path: string
  readonly clock: Clock
  readonly standing: Standing | undefined
  readonly mayExpire: boolean
}

const levelStore = (db: Level, { path, clock, standing: first, mayExpire: mayAlready }: Opened): LevelStore => {
  let standing = first
  let mayExpire = mayAlready
  let underWay = 0

  /** What the index of expiries says of `key` goes with the value that it was said of. */
  const forgetExpiry = (batch: Batch, key: Uint8Array): void => {
    if (!mayExpire) return
    const held = db.getSync(entryKey(key))
    const expiresAt = held === undefined ? never : readValue(held).expiresAt
    if (expiresAt !== never) batch.del(expiryKey(expiresAt, key))
  }

  const add = (batch: Batch, { key, value, expiresAt }: StateChange): void => {
    if (value === undefined) batch.del(entryKey(key))
    else batch.put(entryKey(key), valueBytes(value, expiresAt))
    if (value === undefined || expiresAt === never) return
    if (!mayExpire) batch.put(expiringKey, nothing)
    mayExpire = true
    batch.put(expiryKey(expiresAt, key), nothing)
  }

  const stand = (batch: Batch, position: number): void => {
    if (standing === undefined) return
    standing = { ...standing, from: position, to: position, takenAt: clock.now() }
    batch.put(standingKey, Buffer.from(JSON.stringify(standing)))
  }

  const write = async (batch: Batch): Promise<void> => {
    underWay += 1
    try {
      await batch.write()
    } catch (error) {
      throw failed(path, error)
    } finally {
      underWay -= 1
    }
  }

  /** Says now and then that it stands where it stood: one that is old is of no use, whatever its changelog has. */
  const confirm = (): Promise<void> | undefined => {
    // beside another the two might change places
    if (standing === undefined || underWay > 0 || clock.now() - standing.takenAt < confirmAfterMs) return undefined
    const batch = db.batch()
    stand(batch, standing.from)
    return write(batch)
  }

  async function* entries(): AsyncGenerator<readonly StateEntry[]> {
    const all = db.iterator({ gte: entryKey(nothing), lt: Uint8Array.of(entryPrefix + 1), fillCache: false })
    try {
      for (;;) {
        const some = await all.nextv(entriesPerRead)
        if (some.length === 0) return
        yield some.map(([key, held]) => ({ key: key.slice(1), ...readValue(held) }))
      }
    } finally {
      await all.close()
    }
  }

  return {
    standing: () => standing,
    begin: async (changelogId) => {
      await db.clear()
      mayExpire = false
      standing = { changelogId, from: 0, to: 0, takenAt: clock.now() }
      await db.put(standingKey, Buffer.from(JSON.stringify(standing)))
    },
    get: (key, _hash, now) => {
      const held = db.getSync(entryKey(key))
      if (held === undefined) return undefined
      const { value, expiresAt } = readValue(held)
      return expiresAt !== never && expiresAt <= now ? undefined : value
    },
    commit: (changes, position) => {
      if (changes.length === 0 && position === undefined) return confirm()
      const batch = db.batch()
      // of one key the last only: an earlier one's expiry is not to be read any more
      for (const change of lastOfEach(changes)) {
        forgetExpiry(batch, change.key)
        add(batch, change)
      }
      if (position !== undefined) stand(batch, position)
      return write(batch)
    },
    expired: async (now, limit) => {
      if (!mayExpire) return []
      const range = { gt: expiryKey(0, nothing), lt: expiryKey(now + 1, nothing), limit, fillCache: false }
      const keys = await db.keys(range).all()
      return keys.map(keyOfExpiry)
    },
    entries,
    size: () => undefined,
    sizeBytes: () => 0,
    mayExpire: () => mayExpire,
    close: () => {
      const closed = db.close().finally(() => closing.delete(path))
      closing.set(path, closed)
      return closed
    },
  }
}

type Batch = ReturnType<Level['batch']>

const nothing = new Uint8Array()
const entryPrefix = 1
const standingKey = Uint8Array.of(0, 0)
const expiringKey = Uint8Array.of(0, 1)

const entryKey = (key: Uint8Array): Uint8Array => {
  const bytes = Buffer.allocUnsafe(key.length + 1)
  bytes[0] = entryPrefix
  bytes.set(key, 1)
  return bytes
}

const lastOfEach = (changes: readonly StateChange[]): readonly StateChange[] => {
  const last = new Map<string, StateChange>()
  for (const change of changes) last.set(Buffer.from(change.key).toString('latin1'), change)
  return last.size === changes.length ? changes : [...last.values()]
}

const openPatiently = async (db: Level, { path, clock }: LevelOptions): Promise<void> => {
  for (let tries = 1; ; tries++) {
    try {
      return await db.open()
    } catch (error) {
      if (isCode(error, 'LEVEL_CORRUPTION')) throw error
      if (!isCode(error, 'LEVEL_LOCKED')) throw failed(path, error)
      if (tries === lockedTriesMax)
        throw new MillraceError(
          engineFailure(
            'already-owned',
            `${path} is at work in another process: end that, or give this one a state directory of its own`,
            error,
          ),
        )
      await new Promise<void>((resolve) => void clock.after(lockedPauseMs, resolve, true))
    }
  }
}

const isCode = (error: unknown, code: string): boolean => {
  const { code: own, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  return own === code || (cause !== undefined && cause !== null && isCode(cause, code))
}

const failed = (path: string, error: unknown): MillraceError => {
  const { cause = error } = error as { readonly cause?: unknown }
  const why = cause instanceof Error ? cause.message : String(cause)
  return new MillraceError(engineFailure('storage-failed', `the store in ${path} cannot go on: ${why}`, error))
}
