import { afterEach, beforeEach, expect, onTestFinished } from 'vitest'
import { MillraceError } from '../../src/contracts/failure.ts'
import type { Storage } from '../../src/contracts/storage.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import type { Millrace } from '../../src/millrace/millrace.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import type { Running } from '../../src/pipeline/run.ts'
import { rightOf } from './right-of.ts'
import { seededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

/** Fails each test of the file in which a promise was rejected and nobody heard of it, or something was thrown nowhere. */
export const failOnUnheardErrors = (): void => {
  let unheard: unknown[] = []
  const hear = (error: unknown): void => void unheard.push(error)
  beforeEach(() => {
    unheard = []
    process.on('unhandledRejection', hear)
    process.on('uncaughtException', hear)
  })
  afterEach(async () => {
    await new Promise((next) => setImmediate(next))
    process.off('unhandledRejection', hear)
    process.off('uncaughtException', hear)
    expect(unheard).toEqual([])
  })
}

/** What `promise` rejects with, which must be a failure of this code and kind whose message says all of `words`. */
export const refusal = async (
  promise: Promise<unknown>,
  { code, kind, says }: { readonly code: string; readonly kind: string; readonly says: readonly (string | RegExp)[] },
): Promise<MillraceError> => {
  const error: unknown = await promise.then(
    (answer) => expect.fail(`nothing was refused: ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(MillraceError)
  expect(error).toMatchObject({ code, kind })
  const { message } = error as MillraceError
  for (const words of says) expect(message).toMatch(words)
  return error as MillraceError
}

/** A connection on a storage and a clock that a test has in its hands. */
export class DrivenMillrace {
  readonly millrace: Millrace
  readonly clock: VirtualClock

  private constructor(millrace: Millrace, clock: VirtualClock) {
    this.millrace = millrace
    this.clock = clock
  }

  static async open(
    o: { storage?: Storage; durability?: 'power' | 'process'; clock?: VirtualClock } = {},
  ): Promise<DrivenMillrace> {
    const { storage = memoryStorage(), durability = 'power', clock = new VirtualClock() } = o
    const next = seededRandom(7)
    const random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
    const name = 'file:./data'
    const opening = openEmbedded({ name, storage, durability, persistent: true, clock, random })()
    const engine = rightOf(await whileTimePasses(clock, opening))
    const millrace = openMillrace({ url: name, engine, clock, random, clientId: 'test', send: {} })
    const driven = new DrivenMillrace(millrace, clock)
    onTestFinished(async () => {
      await driven.while(millrace.close()).catch(() => undefined)
    })
    return driven
  }

  /** Lets time pass until `promise` is settled. */
  while<A>(promise: Promise<A>): Promise<A> {
    return whileTimePasses(this.clock, promise)
  }

  /** Lets time pass until `isSo`. */
  async until(isSo: () => boolean): Promise<void> {
    for (let steps = 0; !isSo(); steps++) {
      if (steps > 20_000) throw new Error('it never came to that')
      await this.clock.advance(10)
    }
  }

  /** Lets time pass until all that is in the log is done. */
  caughtUp(running: Running): Promise<void> {
    const there = new Promise<void>((resolve, reject) => {
      const subscription = running.progress$.subscribe(({ lag }) => {
        if (lag > 0) return
        resolve()
        queueMicrotask(() => subscription.unsubscribe())
      })
      running.done.then(resolve, reject)
    })
    return this.while(there)
  }
}

const whileTimePasses = async <A>(clock: VirtualClock, promise: Promise<A>): Promise<A> => {
  let isSettled = false
  const settled = (): void => {
    isSettled = true
  }
  promise.then(settled, settled)
  for (let steps = 0; !isSettled; steps++) {
    if (steps > 20_000) throw new Error('nothing came of it')
    await clock.advance(10)
  }
  return promise
}

/** All that a run tells, as it comes. */
export const noticesOf = (running: Running): readonly Notice[] => {
  const notices: Notice[] = []
  running.errors$.subscribe((notice) => notices.push(notice))
  return notices
}
