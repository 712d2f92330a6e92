/**
 * The process that is killed: opens a directory and works there until its end, writing down all it does. It loads its
 * modules first and waits to be told what to do, so that many lives need not wait for many beginnings.
 */
import { once } from 'node:events'
import { openSync, writeSync } from 'node:fs'
import { MillraceError } from '../../src/contracts/failure.ts'
import { settle } from '../../src/contracts/settle.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import { ownerLock } from '../../src/engines/embedded/owner-lock.ts'
import type { Durability } from '../../src/log/checkpoint-record.ts'
import { diskStorage } from '../../src/log/disk-storage.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import { systemClock, systemRandom } from '../../src/millrace/system.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { fullNowAndThen } from './full-now-and-then.ts'
import { type Actor, hurried, work } from './program/work.ts'
import type { Told } from './told.ts'

/** What a child is to do. */
export interface Orders {
  /** The engine's directory. */
  readonly data: string
  /** The file to write down what it does. */
  readonly told: string
  readonly durability: Durability
  readonly seed: number
  readonly life: number
  readonly cast: readonly Actor[]
  /** One write in so many finds the disk full; 0 is never. */
  readonly fullEvery: number
  /** The disk is small, and may be full for good. */
  readonly isSmallDisk: boolean
  /** Whether the pipeline keeps its state on disk. */
  readonly isStateOnDisk: boolean
  /** How many kilobytes of memory it loses with everything it says; 0 is none. */
  readonly leakKb: number
}

/** What a child says to whoever may kill it; what it has done stands in its file. */
export type Signal = 'loaded' | 'opened' | 'acknowledged' | 'no room'

/** Small, so that a short life takes the journal's two files in turn. */
const journalBytes = 256 * 1024
/** How long a send waits for room before it gives up: longer than nobody lives. */
const deliveryTimeoutMs = 100
/** What a kilobyte of the heap takes. */
const numbersInKb = 128
/** Maintenance comes so often. */
const maintenanceMs = 30

const signal = (what: Signal): void => void process.send?.(what)

const obey = async (orders: Orders): Promise<void> => {
  const { data, durability, seed, life, cast, fullEvery, isSmallDisk, isStateOnDisk, leakKb } = orders
  const file = openSync(orders.told, 'a')
  const leaked: number[][] = []
  let hasAcknowledged = false
  const tell = (told: Told): void => {
    // one write a line: what has been written survives this process, and a line that is cut short was not said
    writeSync(file, `${JSON.stringify(told)}\n`)
    if (leakKb > 0) leaked.push(Array.from({ length: leakKb * numbersInKb }, () => life))
    if (hasAcknowledged || told.tag !== 'ended' || told.how !== 'done') return
    hasAcknowledged = true
    signal('acknowledged')
  }
  const mayBeFull = fullEvery > 0 || isSmallDisk
  try {
    const disk = diskStorage(data)
    const storage = fullEvery > 0 ? fullNowAndThen(disk, seededRandom(seed * 7 + life), fullEvery) : disk
    const lock = ownerLock({ path: data, storage: disk, pid: process.pid })
    const clock = hurried(systemClock, maintenanceMs)
    const random = systemRandom
    const begun = systemClock.elapsed()
    const name = `file:${data}`
    const options = { name, path: data, storage, lock, durability, persistent: true, clock, random, journalBytes }
    const engine = await settle(openEmbedded(options))
    tell({ tag: 'opened', ms: systemClock.elapsed() - begun })
    signal('opened')
    const send = mayBeFull ? { deliveryTimeoutMs } : {}
    const millrace = openMillrace({ url: name, engine, clock, random, clientId: 'crash', send })
    await work({
      millrace,
      engine,
      clock,
      tell,
      life,
      seed,
      cast,
      mayBeFull,
      isStateOnDisk,
      acts: Number.POSITIVE_INFINITY,
    })
  } catch (error) {
    if (mayBeFull && error instanceof MillraceError && error.code === 'storage-full') return signal('no room')
    const code = error instanceof MillraceError ? error.code : 'thrown'
    tell({ tag: 'failed', code, message: error instanceof Error ? String(error.stack) : String(error) })
    throw error
  }
}

// nobody is left to kill it
process.once('disconnect', () => process.exit(1))
signal('loaded')
const [orders] = (await once(process, 'message')) as [Orders]
await obey(orders)
