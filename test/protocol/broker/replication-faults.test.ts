import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { replicationFaults } from '../../support/replication-faults.ts'
import { ReplicationOracle } from '../../support/replication-oracle.ts'
import { run, schedules } from '../../support/replication-schedule.ts'
import {
  type ReplicationRules,
  type ReplicationSettings,
  ReplicationWorld,
  realReplication,
} from '../../support/replication-world.ts'

/** What happens, one thing after the other, in a cluster where everybody has learnt that 0 leads. */
interface Story extends Partial<ReplicationSettings> {
  readonly moves: readonly ((world: ReplicationWorld) => void)[]
}

const play = ({ moves, ...settings }: Story, rules: ReplicationRules): void => {
  const fewest = { brokers: 3, minInsyncReplicas: 1, eligibleLeaderReplicas: false, uncleanLeaderElection: false }
  const world = new ReplicationWorld({ ...fewest, ...settings }, rules)
  const oracle = new ReplicationOracle(world)
  world.calm(2)
  for (const move of moves) {
    move(world)
    oracle.check()
  }
}

const fence = (id: number) => (world: ReplicationWorld) => world.fence(world.broker(id))
const unfence = (id: number) => (world: ReplicationWorld) => world.unfence(world.broker(id))
const learn = (id: number) => (world: ReplicationWorld) => world.learn(world.broker(id), true)
const produce = (id: number) => (world: ReplicationWorld) => world.produce(world.broker(id), -1)
const fetch = (id: number) => (world: ReplicationWorld) => world.fetchNext(world.broker(id))
const deliver = (at: number) => (world: ReplicationWorld) => world.deliver(at)
const calmWithout = (id: number) => (world: ReplicationWorld) => world.calm(2, { apart: new Set([id]), stuck: true })

/** 2 is out of the ISR, and fetches what it takes to come back: then the AlterPartition is the first on the network. */
const comesBack = [fence(2), unfence(2), learn(0), fetch(2), deliver(0)]

/** 1 leads, and 2 has told it of a record that 2 then cuts off under 0, of whom 1 does not hear; then 1 leads again. */
const cutOffUnseen = [
  fence(0),
  unfence(0),
  (world: ReplicationWorld) => world.calm(4),
  produce(1),
  calmWithout(0),
  fetch(2),
  (world: ReplicationWorld) => world.control({ _tag: 'elect', kind: 'preferred' }),
  calmWithout(1),
  produce(0),
  calmWithout(1),
  fence(0),
  learn(1),
]

/** Faults that chance seldom finds, and what brings them to light. */
const stories: Readonly<Record<string, Story>> = {
  'a high watermark over the committed ISR': {
    // the controller lets 2 in, the leader does not hear of it, and 2 falls behind
    moves: [
      ...comesBack,
      deliver(0),
      produce(0),
      (world) => world.pass(31_000),
      fetch(1),
      deliver(2),
      deliver(2),
      fetch(1),
      deliver(2),
    ],
  },
  'an ISR that a follower joins before it has what the leader began with': {
    brokers: 4,
    // 0 commits a record and is gone before 1, who has it, hears that it is committed; 2 comes with nothing
    moves: [
      fence(2),
      (world) => world.calm(1, { apart: new Set([2]) }),
      produce(0),
      fetch(1),
      deliver(0),
      deliver(0),
      fetch(3),
      deliver(0),
      deliver(0),
      fetch(1),
      fetch(3),
      deliver(0),
      deliver(0),
      fence(0),
      unfence(2),
      learn(1),
      learn(2),
      (world) => world.network.splice(0),
      fetch(2),
      deliver(0),
      deliver(0),
    ],
  },
  'an ISR that a follower joins before it has deleted what its leader has': {
    // 0 has a record that nobody else ever had, at an offset where 1 has committed and deleted another
    moves: [
      produce(0),
      fence(0),
      fence(2),
      learn(1),
      produce(1),
      (world) => world.deleteRecords(world.broker(1), 1),
      unfence(0),
      learn(0),
      learn(1),
      fetch(0),
      deliver(0),
      deliver(0),
    ],
  },
  'leader epochs of fetches unchecked': { moves: [...cutOffUnseen, deliver(0)] },
  'followers remembered where a leader epoch was skipped': { moves: cutOffUnseen },
  'a request for another ISR taken back while a copy is under way': {
    // of two copies the second is refused, since 2 is fenced; the first arrives when it is not
    moves: [
      ...comesBack,
      deliver(1),
      (world) => world.retryAlter(world.broker(0)),
      fence(2),
      deliver(1),
      deliver(1),
      produce(0),
      calmWithout(2),
      unfence(2),
      deliver(0),
    ],
  },
  'broker epochs of a new ISR unchecked': {
    minInsyncReplicas: 2,
    eligibleLeaderReplicas: true,
    // 2 is about to join, and loses a record
    moves: [
      produce(0),
      (world) => world.calm(2),
      ...comesBack,
      (world) => world.crash(world.broker(2), 1),
      (world) => world.start(world.broker(2), 0),
      unfence(2),
      deliver(0),
    ],
  },
  'partition epochs of AlterPartition unchecked': {
    // the leader asks for 2 to join; then 1 is gone, a record is committed without either, and 1 is back
    moves: [
      ...comesBack,
      deliver(1),
      fence(1),
      unfence(1),
      learn(0),
      produce(0),
      (world) => world.pass(31_000),
      deliver(0),
    ],
  },
}

const broken = { message: expect.stringMatching(/^broken: /) }

describe('the oracle finds', () => {
  it('nothing in stories about other faults', () => {
    expect(Object.keys(stories).filter((name) => replicationFaults[name] === undefined)).toEqual([])
  })

  it.each(Object.entries(replicationFaults))('%s', (name, rules) => {
    const story = stories[name]
    if (story !== undefined) {
      play(story, realReplication)
      expect(() => play(story, rules)).toThrow(expect.objectContaining(broken))
      return
    }
    const property = fc.property(schedules(false), ([settings, steps]) => {
      run(settings, steps, rules)
    })
    const { failed, errorInstance } = fc.check(property, { numRuns: 3000, endOnFailure: true })
    expect(failed).toBe(true)
    // By what came of it, and not because a machine fell over.
    expect(errorInstance).toMatchObject(broken)
  })
})
