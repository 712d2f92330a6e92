import { hasExpired, type StateChange, type StateEntry, type StateStore } from '../contracts/state-store.ts'
import { keyHash } from './key-hash.ts'
import { Slabs } from './slabs.ts'
import { hashEnd, SlotTable } from './slot-table.ts'

/** What an entry takes beside its key and its value, counted so that it is never much more. */
export const entryBytes = 48

/** Holes of less are left where they are. */
const holesBytesMin = 256 * 1024
const slotsPerWalk = 256

/** So that each has an order of its own. */
let opened = 0

/** {@link StateStore} in memory. */
export interface MemoryStore extends StateStore {
  readonly commit: (changes: readonly StateChange[], position: number | undefined) => undefined
  readonly close: () => void
  /** What it takes from the machine: holes, and room for more. */
  readonly heldBytes: () => number
  /** So many keys are about to come: it makes room for them at once. */
  readonly reserve: (keys: number) => void
  /** Where it stands in its changelog. */
  readonly position: () => number
}

/**
 * State in memory: a million keys cost their bytes and some 50 each, and no object. As durable as its changelog.
 *
 * **Guarantees** at most a third of what lies in its buffers is holes; no call takes longer than moving one buffer of 1 MiB, and
 * now and then doubling the table.
 */
export const memoryStore = (): MemoryStore => {
  const slabs = new Slabs()
  const table = new SlotTable(keyHash(Uint8Array.of(++opened, opened >> 8, opened >> 16)) | 1)
  let contentBytes = 0
  let position = 0

  const remove = (slot: number): void => {
    const address = table.address(slot)
    contentBytes -= slabs.contentBytes(address)
    slabs.remove(address)
    table.remove(slot)
  }

  const change = ({ key, hash, value, expiresAt }: StateChange): void => {
    const slot = table.find(key, hash, slabs)
    if (value === undefined) {
      if (slot >= 0) remove(slot)
      return
    }
    contentBytes += key.length + value.length
    if (slot < 0) return table.insert(hash, slabs.add(key, value), expiresAt)
    const address = table.address(slot)
    contentBytes -= slabs.contentBytes(address)
    if (slabs.replace(address, value)) return table.set(slot, address, expiresAt)
    slabs.remove(address)
    table.set(slot, slabs.add(key, value), expiresAt)
  }

  const moved = (from: number, to: number): void => table.move(keyHash(slabs.key(to)), from, to)

  const entry = (slot: number): StateEntry => {
    const address = table.address(slot)
    const [key, value] = [slabs.key(address), slabs.value(address)]
    return { key: key.slice(), value: value.slice(), expiresAt: table.expiresAt(slot) }
  }

  async function* entries(): AsyncGenerator<readonly StateEntry[]> {
    for (let from = 0; from < hashEnd; ) {
      const some: StateEntry[] = []
      from = table.walk(from, slotsPerWalk, (slot) => some.push(entry(slot)))
      if (some.length > 0) yield some
    }
  }

  return {
    get: (key, hash, now) => {
      const slot = table.find(key, hash, slabs)
      if (slot < 0 || hasExpired(table.expiresAt(slot), now)) return undefined
      return slabs.value(table.address(slot))
    },
    commit: (changes, standsAt = position) => {
      position = standsAt
      const keys = table.count
      for (const one of changes) change(one)
      while (slabs.deadBytes > holesBytesMin && slabs.deadBytes > slabs.liveBytes / 2) slabs.evacuate(moved)
      if (table.count < keys) table.shrink()
      return undefined
    },
    expired: (now, limit) => {
      const keys: Uint8Array[] = []
      const isEnough = (): boolean => keys.length >= limit
      table.expired(now, isEnough, (slot) => keys.push(slabs.key(table.address(slot)).slice()))
      return keys
    },
    entries,
    size: () => table.count,
    sizeBytes: () => contentBytes + table.count * entryBytes,
    heldBytes: () => slabs.heldBytes + table.heldBytes,
    mayExpire: () => table.mayExpire,
    reserve: (keys) => table.reserve(keys),
    position: () => position,
    close: () => {
      table.clear()
      slabs.clear()
      contentBytes = 0
    },
  }
}
