import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MoverMutant } from '../../src/jobs/mover-mutant.ts'
import { type Action, History, histories } from './history.ts'

const holds = (mutant?: MoverMutant) =>
  fc.asyncProperty(histories, fc.nat(1_000), (actions, seed) => new History(seed, mutant).play(actions))

const story = (...actions: readonly Action[]) => new History(1).play(actions)

describe('delayed jobs, whatever is asked of them, when processes die and clocks are set', () => {
  it('fire once, never early, in order, and not when it was said that they are cancelled', () =>
    fc.assert(holds(), { numRuns: 25 }))

  it.each([
    ['fired-early', 20],
    ['cancel-unread', 60],
  ] as const)('would not with %s: that is found within %d runs', async (mutant, numRuns) => {
    expect((await fc.check(holds(mutant), { numRuns, seed: 3, endOnFailure: true })).failed).toBe(true)
  })

  const cancelledUnread: readonly Action[] = [
    { _tag: 'schedule', id: 'a', when: 5_000 },
    { _tag: 'cancel-unread', id: 'a', lateMs: 1_000 },
  ]
  it('do not fire where a cancellation was there in time, however much is to be read before it', async () => {
    await story(...cancelledUnread)
    await expect(new History(1, 'cancel-unread').play(cancelledUnread)).rejects.toThrow('does not fire')
  })

  it('fire in order though the one that is due first was read back last', () =>
    story(
      { _tag: 'schedule', id: 'a', when: 50_000 },
      { _tag: 'schedule', id: 'c', when: '1m' },
      { _tag: 'die', asking: 'cancel', id: 'd', afterMs: 0, how: 'kill', awayMs: 90_000 },
    ))
})
