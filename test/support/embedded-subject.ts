import type { Random } from '../../src/contracts/random.ts'
import type { Storage } from '../../src/contracts/storage.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import { ownerLock } from '../../src/engines/embedded/owner-lock.ts'
import { ok } from '../../src/testing/conformance/calls.ts'
import type { EngineSubject } from '../../src/testing/conformance/subject.ts'
import { VirtualClock } from './virtual-clock.ts'
import { watchedStorage } from './watched-storage.ts'

/** The same ids in every run. */
const countingRandom = (): Random => {
  let count = 0
  return {
    next: () => (count++ * 0.618) % 1,
    id: () => {
      const bytes = new Uint8Array(16)
      new DataView(bytes.buffer).setUint32(12, count++)
      return bytes
    },
  }
}

/** What an engine under test stands on. */
export interface Ground {
  readonly name: string
  readonly storage: Storage
  /** Of a directory that others could reach. */
  readonly path?: string
  readonly durability: 'power' | 'process'
  readonly remove: () => void
}

/** The embedded engine on some ground, with a clock that is driven and ids that are counted. */
export const subject = async ({ name, storage, path, durability, remove }: Ground): Promise<EngineSubject> => {
  const watched = watchedStorage(storage)
  const random = countingRandom()
  let release = () => {}
  const open = async () => {
    const clock = new VirtualClock(undefined, watched.quiet)
    // a killed process takes its lock, its timers and its promises along: they are left behind here
    const lock = path === undefined ? undefined : ownerLock({ path, storage: watched, pid: process.pid })
    const engine = await ok(
      openEmbedded({
        name,
        storage: watched,
        durability,
        persistent: true,
        clock,
        random,
        ...(lock === undefined
          ? {}
          : {
              lock: () => {
                const taken = lock()
                if (taken._tag === 'Right') release = taken.right
                return taken
              },
            }),
      }),
    )
    return { clock, engine }
  }
  let now = await open()
  return {
    engine: now.engine,
    elapse: (ms) => now.clock.advance(ms),
    reopen: async (how) => {
      if (how === 'close') await ok(now.engine.close())
      else release()
      now = await open()
      return now.engine
    },
    dispose: async () => {
      await ok(now.engine.close())
      remove()
    },
  }
}
