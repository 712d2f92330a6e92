import { describe, expect, it } from 'vitest'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const sessionTimeoutMs = 6_000

/** Counts the timers that are set on it. */
const countingClock = () => {
  const clock = new VirtualClock()
  const counted = {
    set: 0,
    after: (delayMs: number, ring: () => void) => {
      counted.set++
      return clock.after(delayMs, ring)
    },
    now: clock.now,
    elapsed: clock.elapsed,
    advance: (ms: number) => clock.advance(ms),
  }
  return counted
}

const joined = async () => {
  const next = seededRandom(1)
  const random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  const clock = countingClock()
  const storage = memoryStorage()
  const engine = await ok(openEmbedded({ name: 'm', storage, durability: 'process', persistent: false, clock, random }))
  await ok(engine.topics.create({ name: 't', partitions: 1, config: {} }))
  const membership = await ok(
    engine.groups.join({
      group: 'g',
      topics: ['t'],
      assignor: 'range',
      instanceId: 'one',
      sessionTimeoutMs,
      rebalanceTimeoutMs: 60_000,
    }),
  )
  membership.events.subscribe()
  await clock.advance(100)
  const commit = (offset: number) =>
    ok(engine.groups.commit(membership.token(), [{ topic: 't', partition: 0, offset, metadata: '' }]))
  const members = async () => (await ok(engine.groups.describe(['g'])))[0]?.members.length
  return { clock, membership, commit, members }
}

describe('the session of a member that commits', () => {
  it('is put off without a timer for each commit', async () => {
    const { clock, commit } = await joined()
    const { set } = clock
    for (let offset = 1; offset <= 100; offset++) await commit(offset)
    expect(clock.set).toBe(set)
  })

  it('ends when it has been silent for as long, and not before', async () => {
    const { clock, membership, commit, members } = await joined()
    for (let offset = 1; offset <= 10; offset++) {
      await clock.advance(700)
      await commit(offset)
    }
    // one with a lasting name is waited for
    await ok(membership.leave())
    await clock.advance(sessionTimeoutMs - 1)
    expect(await members()).toBe(1)
    await clock.advance(1)
    expect(await members()).toBe(0)
  })
})
