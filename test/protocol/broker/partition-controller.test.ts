import { describe, expect, it } from 'vitest'
import type { AlterPartition, AlterRefusal } from '../../../src/protocol/broker/alter-partition.ts'
import { type ControllerCommand, stepController } from '../../../src/protocol/broker/partition-controller.ts'
import {
  type ControllerView,
  createPartition,
  type PartitionRegistration,
} from '../../../src/protocol/broker/partition-registration.ts'

/** Brokers by id; the epoch of each is its id and 100. */
const active = (...ids: readonly number[]): ControllerView['active'] => new Map(ids.map((id) => [id, id + 100]))
const plain = { minInsyncReplicas: 2, eligibleLeaderReplicas: false, uncleanLeaderElection: false }
const withElr = { ...plain, eligibleLeaderReplicas: true }
const unclean = { ...plain, uncleanLeaderElection: true }
const fresh = createPartition([0, 1, 2], { active: active(0, 1, 2) })

/** What is left of [0, 1, 2] when one after the other is fenced. */
const fenced = (ids: readonly number[], settings: Omit<ControllerView, 'active'>, from = fresh) => {
  const up = new Map(active(0, 1, 2))
  return ids.reduce((registration, brokerId) => {
    up.delete(brokerId)
    const view = { active: new Map(up), ...settings }
    return stepController(registration, { _tag: 'brokerFenced', brokerId, view })[0]
  }, from)
}
const back = (was: PartitionRegistration, command: ControllerCommand): PartitionRegistration =>
  stepController(was, command)[0]

describe('the controller of a partition', () => {
  it('begins with the first replica that is there', () => {
    const partition = createPartition([2, 0, 1], { active: active(0, 1) })
    expect(partition).toMatchObject({ leader: 0, isr: [0, 1], leaderEpoch: 0, partitionEpoch: 0 })
    expect(() => createPartition([2], { active: active(0) })).toThrow('of the replicas [2] none is active')
  })

  it.each([
    ['a follower leaves', [2], plain, { leader: 0, isr: [0, 1], elr: [], leaderEpoch: 0, partitionEpoch: 1 }],
    ['the leader leaves', [0], plain, { leader: 1, isr: [1, 2], elr: [], leaderEpoch: 1, partitionEpoch: 1 }],
    ['the last stays in sync', [0, 1, 2], plain, { leader: undefined, isr: [2], elr: [], leaderEpoch: 3 }],
    ['few in sync make others eligible', [2, 1], withElr, { leader: 0, isr: [0], elr: [1], leaderEpoch: 0 }],
    [
      'with ELR nobody need be in sync',
      [2, 1, 0],
      withElr,
      { leader: undefined, isr: [], elr: [1, 0], lastKnownElr: [0] },
    ],
  ] as const)('fences: %s', (_what, ids, settings, after) => {
    expect(fenced(ids, settings)).toMatchObject(after)
  })

  const nobody = fenced([2, 1, 0], withElr)
  const unfenced = (brokerId: number, settings: Omit<ControllerView, 'active'>): ControllerCommand => ({
    _tag: 'brokerUnfenced',
    brokerId,
    view: { active: active(brokerId), ...settings },
  })

  it('elects the last in sync when it is back, and nobody before', () => {
    const last = fenced([0, 1, 2], plain)
    expect(stepController(last, unfenced(0, plain))).toEqual([last, []])
    expect(back(last, unfenced(2, plain))).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 4, recovering: false })
  })

  it('elects out of the ELR where nobody is in sync', () => {
    const after = { leader: 1, isr: [1], elr: [0], lastKnownElr: [], recovering: false }
    expect(back(nobody, unfenced(1, withElr))).toMatchObject(after)
    expect(stepController(nobody, unfenced(2, withElr))).toEqual([nobody, []])
  })

  it('takes one that was shut down uncleanly out of ISR and ELR', () => {
    const registered = (brokerId: number, clean: boolean): ControllerCommand => ({
      _tag: 'brokerRegistered',
      brokerId,
      clean,
      view: { active: active(), ...withElr },
    })
    expect(back(nobody, registered(1, false))).toMatchObject({ isr: [], elr: [0] })
    expect(back(nobody, registered(1, true))).toBe(nobody)
    const without0 = back(nobody, registered(0, false))
    expect(without0).toMatchObject({ isr: [], elr: [1], lastKnownElr: [0] })
    // it was the last to lead, and another is there who has everything
    expect(back(without0, unfenced(0, withElr))).toBe(without0)
    const one = fenced([2, 1], withElr)
    expect(back(one, registered(0, false))).toMatchObject({ leader: undefined, isr: [], elr: [1], lastKnownElr: [0] })
    expect(back(one, registered(0, true))).toMatchObject({ leader: undefined, isr: [], elr: [1, 0] })
  })

  it('falls back on the last known leader, once nobody is eligible', () => {
    const lost = [0, 1].reduce(
      (was, brokerId) =>
        back(was, { _tag: 'brokerRegistered', brokerId, clean: false, view: { active: active(), ...withElr } }),
      nobody,
    )
    expect(lost).toMatchObject({ leader: undefined, isr: [], elr: [], lastKnownElr: [0] })
    expect(back(lost, unfenced(1, withElr))).toBe(lost)
    expect(back(lost, unfenced(0, withElr))).toMatchObject({ leader: 0, isr: [0], recovering: true, lastKnownElr: [] })
  })

  it('elects anybody where that is allowed, and says so', () => {
    const last = fenced([0, 1, 2], plain)
    expect(back(last, unfenced(1, unclean))).toMatchObject({ leader: 1, isr: [1], elr: [], recovering: true })
    const asked = { _tag: 'elect', kind: 'unclean', view: { active: active(0, 1), ...plain } } as const
    expect(back(last, asked)).toMatchObject({ leader: 0, isr: [0], recovering: true })
  })

  it('moves leadership to the preferred replica, if it may lead', () => {
    const moved = fenced([0], plain)
    const prefer = { _tag: 'elect', kind: 'preferred', view: { active: active(0, 1, 2), ...plain } } as const
    expect(stepController(moved, prefer)).toEqual([moved, []])
    const eligible = { ...moved, isr: [1], elr: [0] }
    expect(back(eligible, { ...prefer, view: { ...prefer.view, ...withElr } })).toBe(eligible)
    const joined = { ...moved, isr: [1, 2, 0] }
    expect(back(joined, prefer)).toMatchObject({ leader: 0, isr: [1, 2, 0], leaderEpoch: 2 })
  })

  it('moves leadership away from one that shuts down', () => {
    const down = { _tag: 'brokerShuttingDown', brokerId: 0, view: { active: active(1, 2), ...plain } } as const
    expect(back(fresh, down)).toMatchObject({ leader: 1, isr: [1, 2] })
  })

  it('forgets the ELR when fewer have to be in sync', () => {
    const view = { active: active(0), ...withElr, minInsyncReplicas: 1 }
    expect(back(fenced([2, 1], withElr), { _tag: 'minIsrChanged', view })).toMatchObject({ isr: [0], elr: [] })
  })

  describe('asked for another ISR', () => {
    const asked: AlterPartition = {
      ticket: 7,
      brokerId: 0,
      brokerEpoch: 100,
      leaderEpoch: 0,
      partitionEpoch: 1,
      isr: [0, 1, 2].map((brokerId) => ({ brokerId, brokerEpoch: brokerId + 100 })),
    }
    const two = fenced([2], withElr)
    const view = { active: active(0, 1, 2), ...withElr }
    const alter = (change: Partial<AlterPartition>, from = two, seen: ControllerView = view) =>
      stepController(from, { _tag: 'alterPartition', asked: { ...asked, ...change }, view: seen })

    it('publishes it, and answers', () => {
      const [after, effects] = alter({})
      expect(after).toMatchObject({ leader: 0, isr: [0, 1, 2], leaderEpoch: 0, partitionEpoch: 2 })
      expect(effects).toEqual([
        { _tag: 'publish', registration: after },
        { _tag: 'answerAlter', asked, answer: { _tag: 'altered', registration: after } },
      ])
    })

    it('makes those eligible that leave, where few are left, and no others when enough are there', () => {
      expect(alter({ isr: [{ brokerId: 0, brokerEpoch: 100 }] })[0]).toMatchObject({ isr: [0], elr: [1] })
      const one = fenced([2, 1], withElr)
      const expand = { partitionEpoch: 2, isr: asked.isr.slice(0, 2) }
      expect(alter(expand, one)[0]).toMatchObject({ isr: [0, 1], elr: [] })
    })

    it('counts as an epoch although nothing changes, so that earlier requests are void', () => {
      expect(alter({ isr: asked.isr.slice(0, 2) })[0]).toMatchObject({ isr: [0, 1], partitionEpoch: 2 })
    })

    it('ends the recovery after an unclean election', () => {
      expect(alter({ isr: asked.isr.slice(0, 2) }, { ...two, recovering: true })[0].recovering).toBe(false)
    })

    it.each<[AlterRefusal, string, Partial<AlterPartition>]>([
      ['stale-broker-epoch', 'an earlier life of the leader', { brokerEpoch: 99 }],
      ['not-controller', 'a leader who knows more', { leaderEpoch: 1 }],
      ['not-controller', 'a leader who has heard of more', { partitionEpoch: 2 }],
      ['fenced-leader-epoch', 'an earlier leader', { leaderEpoch: -1 }],
      ['invalid-request', 'another than the leader', { brokerId: 1, brokerEpoch: 101 }],
      ['invalid-update-version', 'a leader who has not heard', { partitionEpoch: 0 }],
      ['invalid-request', 'an ISR without the leader', { isr: asked.isr.slice(1) }],
      ['invalid-request', 'one twice', { isr: [...asked.isr, ...asked.isr.slice(1, 2)] }],
      ['invalid-request', 'a stranger', { isr: [...asked.isr, { brokerId: 9, brokerEpoch: 109 }] }],
      [
        'ineligible-replica',
        'an earlier life of a member',
        { isr: [...asked.isr.slice(0, 2), { brokerId: 2, brokerEpoch: 50 }] },
      ],
    ])('refuses as %s: %s', (reason, _what, change) => {
      const [after, effects] = alter(change)
      expect(after).toBe(two)
      expect(effects).toMatchObject([{ _tag: 'answerAlter', answer: { _tag: 'refused', reason } }])
    })

    it('refuses one that is fenced', () => {
      const [, effects] = alter({}, two, { active: active(0, 1), ...withElr })
      expect(effects).toMatchObject([{ answer: { reason: 'ineligible-replica' } }])
    })
  })
})
