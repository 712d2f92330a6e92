import * as fc from 'fast-check'
import { ReplicationOracle } from './replication-oracle.ts'
import {
  type ReplicationRules,
  type ReplicationSettings,
  ReplicationWorld,
  realReplication,
} from './replication-world.ts'

const weights = {
  produce: 10,
  fetch: 6,
  deliver: 16,
  'deliver late': 4,
  'deliver and keep': 2,
  lose: 2,
  learn: 4,
  'learn all': 3,
  calm: 4,
  'calm apart': 6,
  crash: 2,
  'shut down': 1,
  start: 4,
  fence: 2,
  unfence: 6,
  pass: 4,
  'retry alter': 2,
  prefer: 2,
  delete: 1,
} as const
type Action = keyof typeof weights

/** Some runs are about one thing more than about the others. */
const moods: readonly Partial<Record<Action, number>>[] = [
  {},
  { prefer: 8, fence: 6, unfence: 16, 'calm apart': 20, deliver: 4, fetch: 2, crash: 0, 'shut down': 0 },
  { fence: 6, unfence: 12, 'retry alter': 12, 'deliver late': 12, 'calm apart': 12, pass: 8 },
  { crash: 6, start: 12, unfence: 12, 'calm apart': 12, deliver: 6 },
]

export interface Step {
  readonly action: Action
  readonly pick: number
}

const stepIn = (mood: Partial<Record<Action, number>>): fc.Arbitrary<Step> =>
  fc.record({
    action: fc.oneof(
      ...(Object.keys(weights) as Action[]).map((action) => ({
        arbitrary: fc.constant(action),
        weight: mood[action] ?? weights[action],
      })),
    ),
    pick: fc.nat(10_000),
  })

const settings = (uncleanLeaderElection: boolean): fc.Arbitrary<ReplicationSettings> =>
  fc.record({
    brokers: fc.integer({ min: 3, max: 5 }),
    minInsyncReplicas: fc.integer({ min: 1, max: 3 }),
    eligibleLeaderReplicas: fc.boolean(),
    uncleanLeaderElection: fc.constant(uncleanLeaderElection),
  })

const act = (world: ReplicationWorld, { action, pick }: Step): void => {
  const broker = world.broker(pick % world.brokers.length)
  const rest = Math.floor(pick / world.brokers.length)
  const leaders = world.brokers.filter(({ replica, running }) => running && replica.role._tag === 'leading')
  const leader = leaders[pick % Math.max(leaders.length, 1)]
  const late = rest % Math.max(world.network.length, 1)
  if (action === 'produce' && leader !== undefined) world.produce(leader, rest % 5 === 0 ? 1 : -1)
  else if (action === 'fetch') world.fetchNext(broker)
  else if (action === 'deliver') world.deliver(0)
  else if (action === 'deliver late') world.deliver(late)
  else if (action === 'deliver and keep') world.deliver(late, { keep: true })
  else if (action === 'lose') world.network.splice(late, 1)
  else if (action === 'learn') world.learn(broker)
  else if (action === 'learn all') world.learn(broker, true)
  else if (action === 'calm') world.calm(1 + (rest % 3))
  else if (action === 'calm apart') {
    const apart = new Set(
      world.brokers.map(({ id }) => id).filter((id) => ((rest >> id) & 1) === 1 || id === broker.id),
    )
    world.calm(1 + (rest % 3), { apart, stuck: rest % 5 < 3 })
  } else if (action === 'crash') crash(world, broker.id, rest % 4)
  else if (action === 'shut down') world.shutDown(broker)
  else if (action === 'start') startAll(world, rest)
  else if (action === 'fence') world.fence(broker)
  else if (action === 'unfence') world.unfence(broker)
  else if (action === 'pass') world.pass(rest % 2 === 0 ? 1_000 : 16_000)
  else if (action === 'retry alter' && leader !== undefined) world.retryAlter(leader)
  else if (action === 'prefer') world.control({ _tag: 'elect', kind: 'preferred' })
  else if (action === 'delete' && leader !== undefined) world.deleteRecords(leader, 1 + (rest % 3))
}

const startAll = (world: ReplicationWorld, rest: number): void => {
  for (const down of world.brokers.filter(({ running }) => !running)) {
    world.start(down, rest % 3)
    if (rest % 4 > 0) world.unfence(down)
  }
}

/** As much loss as may be without a committed record being lost; anything, where unclean elections are allowed. */
const crash = (world: ReplicationWorld, id: number, loss: number): void => {
  const broker = world.broker(id)
  const damaged = world.brokers.filter((other) => other.damaged && other.id !== id).length
  const mayLose = world.settings.uncleanLeaderElection || damaged < world.damageMax
  if (mayLose || !world.settings.eligibleLeaderReplicas) world.crash(broker, mayLose ? loss : 0)
  else world.shutDown(broker)
}

export interface Watched {
  readonly world: ReplicationWorld
  readonly oracle: ReplicationOracle
}

/** Runs a schedule under the oracle's eyes, which throws at the first thing that must not be. */
export const run = (
  settings: ReplicationSettings,
  steps: readonly Step[],
  rules: ReplicationRules = realReplication,
): Watched => {
  const world = new ReplicationWorld(settings, rules)
  const oracle = new ReplicationOracle(world)
  world.calm(1)
  for (const step of steps) {
    act(world, step)
    oracle.check()
  }
  return { world, oracle }
}

/** Everybody comes back, nothing is lost any more, and all are brought into the ISR. */
export const heal = (world: ReplicationWorld, oracle: ReplicationOracle): void => {
  world.network.length = 0
  for (const broker of world.brokers) world.start(broker, 0)
  for (let n = 0; n < 30; n++) {
    for (const broker of world.brokers) {
      world.unfence(broker)
      world.retryAlter(broker)
    }
    world.calm(4)
    world.pass(1_000)
    oracle.check()
  }
}

/** A cluster and what happens to it. */
export const schedules = (
  uncleanLeaderElection: boolean,
  maxLength = 120,
): fc.Arbitrary<[ReplicationSettings, Step[]]> =>
  fc.tuple(
    settings(uncleanLeaderElection),
    fc.oneof(...moods.map((mood) => fc.array(stepIn(mood), { maxLength, size: 'max' }))),
  )
