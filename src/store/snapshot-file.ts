import { crc32c } from '../batch/crc32c.ts'
import type { StateChange, StateEntry, StateStore } from '../contracts/state-store.ts'
import { type Storage, StorageError, type StorageFile } from '../contracts/storage.ts'
import { keyHash } from './key-hash.ts'
import { readStanding, type Standing } from './standing.ts'

/**
 * A store as a file:
 *
 *     0  magic      4 bytes, "MRS1"
 *     4  crc        u32, of the head from byte 8 on
 *     8  head       JSON, filled up with spaces: where it stands, how many entries, how long the file is
 *   512  blocks     u32 length, u32 CRC-32C, then so many bytes: entries, each
 *                   u32 key length, u32 value length, u32 and u32 when it expires (0: never), key, value
 *
 * The head is written last, and the file renamed to its place when all of it is durable.
 */
const magic = 'MRS1'
const headEnd = 512
const blockHead = 8
const entryHead = 16
const blockBytes = 256 * 1024

interface Head extends Standing {
  readonly entries: number
  readonly sizeBytes: number
}

export interface WriteOptions {
  readonly storage: Storage
  /** In the storage's own directory, which exists. */
  readonly name: string
  readonly store: Pick<StateStore, 'entries'>
  /** Where the store stands, by now. */
  readonly standing: () => Omit<Standing, 'from' | 'takenAt'> & { readonly position: number }
  readonly now: number
  /** Called between blocks: may wait, and throw to give it up. */
  readonly breathe: () => Promise<void>
}

/**
 * Writes a store to a file, while changes go on: of what changes meanwhile the file may have the one or the other, and the
 * changelog from `from` on has all of it.
 *
 * **Guarantees** the file is there as a whole or as it was before. **Errors** rejects with `StorageError`, and what `breathe` throws.
 */
export const writeSnapshot = async (o: WriteOptions): Promise<void> => {
  const { storage, name, store, standing, now } = o
  const temporary = `${name}.tmp`
  const { position: from } = standing()
  const file = storage.open(temporary, 'create')
  try {
    file.truncate(0)
    const { entries, sizeBytes } = await writeBlocks(file, store, o.breathe)
    // whoever gives it up may have done so since: a store that was emptied is at its end, too
    await o.breathe()
    const { changelogId, position: to } = standing()
    file.write([headBytes({ changelogId, from, to, takenAt: now, entries, sizeBytes })], 0)
    await file.sync()
  } catch (error) {
    file.close()
    storage.remove(temporary)
    throw error
  }
  file.close()
  storage.rename(temporary, name)
  await storage.syncDirectory('')
}

const writeBlocks = async (
  file: StorageFile,
  store: Pick<StateStore, 'entries'>,
  breathe: () => Promise<void>,
): Promise<{ readonly entries: number; readonly sizeBytes: number }> => {
  let at = headEnd
  let entries = 0
  let block: StateEntry[] = []
  let bytes = 0
  const write = (): void => {
    if (block.length === 0) return
    const written = blockOf(block, bytes)
    file.write([written], at)
    at += written.length
    block = []
    bytes = 0
  }
  for await (const some of store.entries()) {
    for (const entry of some) {
      block.push(entry)
      entries += 1
      bytes += entryHead + entry.key.length + entry.value.length
    }
    if (bytes < blockBytes) continue
    write()
    await breathe()
  }
  write()
  return { entries, sizeBytes: at }
}

const blockOf = (entries: readonly StateEntry[], length: number): Uint8Array => {
  const bytes = new Uint8Array(blockHead + length)
  const view = new DataView(bytes.buffer)
  let at = blockHead
  for (const { key, value, expiresAt } of entries) {
    view.setUint32(at, key.length)
    view.setUint32(at + 4, value.length)
    view.setUint32(at + 8, Math.floor(expiresAt / 2 ** 32))
    view.setUint32(at + 12, expiresAt % 2 ** 32)
    bytes.set(key, at + entryHead)
    bytes.set(value, at + entryHead + key.length)
    at += entryHead + key.length + value.length
  }
  view.setUint32(0, length)
  view.setUint32(4, crc32c(bytes, blockHead))
  return bytes
}

const headBytes = (head: Head): Uint8Array => {
  const text = JSON.stringify(head)
  if (text.length > headEnd - 8) throw new RangeError(`the head of a snapshot takes ${text.length} bytes`)
  const bytes = Buffer.alloc(headEnd, ' ')
  bytes.write(magic, 0, 'latin1')
  bytes.write(text, 8, 'latin1')
  bytes.writeUInt32BE(crc32c(bytes, 8), 4)
  return bytes
}

/** What became of reading a file. Where it was `useless`, some of it may have been filled in. */
export type ReadOutcome =
  | { readonly _tag: 'none' }
  | { readonly _tag: 'read'; readonly standing: Standing }
  | { readonly _tag: 'useless'; readonly why: string }

export interface ReadOptions {
  readonly storage: Storage
  readonly path: string
  /** Why one that stands there is of no use. */
  readonly whyUseless: (standing: Standing) => string | undefined
  /** Told how many entries there will be, before the first. */
  readonly begin?: (entries: number) => void
  readonly fill: (entries: readonly StateChange[]) => void
  readonly breathe: () => Promise<void>
}

/** Reads a file that {@link writeSnapshot} has written, checking all of it. **Errors** rejects with what `breathe` throws. */
export const readSnapshot = async (o: ReadOptions): Promise<ReadOutcome> => {
  const { storage, path } = o
  let file: StorageFile
  try {
    if (!storage.exists(path)) return { _tag: 'none' }
    file = storage.open(path, 'read')
  } catch (error) {
    return useless(whyFailed(error))
  }
  try {
    const head = readHead(file)
    if (head === undefined) return useless('its head is damaged')
    const why = o.whyUseless(head)
    if (why !== undefined) return useless(why)
    o.begin?.(head.entries)
    const damage = await readBlocks(file, head, o)
    return damage === undefined ? { _tag: 'read', standing: head } : useless(damage)
  } catch (error) {
    if (error instanceof StorageError) return useless(error.message)
    throw error
  } finally {
    file.close()
  }
}

const useless = (why: string): ReadOutcome => ({ _tag: 'useless', why })
const whyFailed = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const readHead = (file: StorageFile): Head | undefined => {
  const bytes = Buffer.alloc(headEnd)
  if (file.read(bytes, 0) < headEnd || bytes.toString('latin1', 0, 4) !== magic) return undefined
  if (bytes.readUInt32BE(4) !== crc32c(bytes, 8)) return undefined
  const standing = readStanding(bytes.toString('latin1', 8))
  const { entries, sizeBytes } = (standing ?? {}) as Partial<Head>
  return standing === undefined || entries === undefined || sizeBytes === undefined
    ? undefined
    : { ...standing, entries, sizeBytes }
}

const readBlocks = async (file: StorageFile, head: Head, o: ReadOptions): Promise<string | undefined> => {
  if (file.size() !== head.sizeBytes) return `it has ${file.size()} bytes of ${head.sizeBytes}`
  let entries = 0
  const blockHeadBytes = Buffer.alloc(blockHead)
  for (let at = headEnd; at < head.sizeBytes; ) {
    file.read(blockHeadBytes, at)
    const length = blockHeadBytes.readUInt32BE(0)
    if (at + blockHead + length > head.sizeBytes) return `its block at byte ${at} is damaged`
    const bytes = new Uint8Array(length)
    file.read(bytes, at + blockHead)
    if (blockHeadBytes.readUInt32BE(4) !== crc32c(bytes)) return `its block at byte ${at} is damaged`
    const changes = changesOf(bytes)
    o.fill(changes)
    entries += changes.length
    at += blockHead + length
    await o.breathe()
  }
  return entries === head.entries ? undefined : `it has ${entries} entries of ${head.entries}`
}

/** They lie in the block, whose checksum is right. */
const changesOf = (bytes: Uint8Array): readonly StateChange[] => {
  const view = new DataView(bytes.buffer)
  const changes: StateChange[] = []
  for (let at = 0; at < bytes.length; ) {
    const from = at + entryHead
    const keyEnd = from + view.getUint32(at)
    const end = keyEnd + view.getUint32(at + 4)
    const key = bytes.subarray(from, keyEnd)
    const expiresAt = view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12)
    changes.push({ key, hash: keyHash(key), value: bytes.subarray(keyEnd, end), expiresAt })
    at = end
  }
  return changes
}
