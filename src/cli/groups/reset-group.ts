import type { CommittedOffset, Engine, OffsetAt } from '../../contracts/engine.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import { settle } from '../../contracts/settle.ts'
import { settlePatiently } from '../../millrace/settle-patiently.ts'
import type { Run } from '../command-leaf.ts'
import { Complaint } from '../complaint.ts'
import { jsonLine } from '../say.ts'
import { withSession } from '../session.ts'
import { type Column, table } from '../table.ts'
import type { World } from '../world.ts'
import { keptState } from './kept-state.ts'
import { byPlace } from './lag.ts'
import { refuseMembers } from './refuse-members.ts'
import { type ResetStep, type ResetTarget, resetStep } from './reset-plan.ts'
import { partitionsToReset } from './reset-scope.ts'

interface ResetOptions {
  readonly group: string
  readonly topic?: readonly string[]
  readonly allTopics?: boolean
  readonly toEarliest?: boolean
  readonly toLatest?: boolean
  readonly toCurrent?: boolean
  readonly toOffset?: number
  readonly toDatetime?: number
  readonly byDuration?: number
  readonly shiftBy?: number
  readonly execute?: boolean
  readonly json?: boolean
}

/** `millrace groups reset` */
export const resetGroup: Run<ResetOptions> = async ({ world, url, options }) => {
  const { group, topic, allTopics = false, execute = false, json = false } = options
  const target = targetOf(options, world)
  if (topic === undefined && !allTopics)
    throw new Complaint('usage', `which offsets of group '${group}'? Say --topic TOPIC, or --all-topics`)
  const { steps, state } = await withSession({ world, url }, execute ? 'write' : 'read', async ({ engine }) => {
    const [found] = await settle(engine.groups.describe([group]))
    if (found !== undefined) refuseMembers(found, 'reset')
    const committed = await settlePatiently(world.clock, engine.groups.committed(group))
    const places = await partitionsToReset({ engine, group, topics: topic, committed })
    const planned = await plan({ engine, target, places, committed })
    if (execute) await commit(engine, group, planned)
    return { steps: planned, state: planned.some(goesBack) ? await keptState(engine, group) : '' }
  })
  for (const step of steps) await sayNearest(world, step)
  if (json) await world.stdout.write(jsonLine({ group, executed: execute, partitions: steps.map(document) }))
  else await world.stdout.write(table(columns, steps.map(row)))
  await world.stderr.write(state)
  if (!execute) await world.stderr.write('nothing was changed: add --execute to do it\n')
}

const targetOf = (o: ResetOptions, { clock }: World): ResetTarget => {
  if (o.toEarliest === true) return { to: 'earliest' }
  if (o.toLatest === true) return { to: 'latest' }
  if (o.toCurrent === true) return { to: 'current' }
  if (o.toOffset !== undefined) return { to: 'offset', offset: o.toOffset }
  if (o.toDatetime !== undefined) return { to: 'time', timestamp: o.toDatetime }
  if (o.byDuration !== undefined) return { to: 'time', timestamp: Math.max(0, clock.now() - o.byDuration) }
  if (o.shiftBy !== undefined) return { to: 'shift', by: o.shiftBy }
  throw new Complaint(
    'usage',
    `where is group '${o.group}' to go on? Say --to-earliest, --to-latest, --to-current, --to-offset, --to-datetime, --by-duration or --shift-by`,
  )
}

const plan = async (o: {
  readonly engine: Engine
  readonly target: ResetTarget
  readonly places: readonly TopicPartition[]
  readonly committed: readonly CommittedOffset[]
}): Promise<readonly ResetStep[]> => {
  const { target, places, committed } = o
  const sorted = [...places].sort(byPlace)
  const currentOf = new Map(committed.map((position) => [partitionName(position), position.offset]))
  const ask = (at: OffsetAt) =>
    settle(
      o.engine.reader.offsets(
        sorted.map((place) => ({ ...place, at })),
        'read_uncommitted',
      ),
    )
  const [starts, ends] = await Promise.all([ask('earliest'), ask('latest')])
  const times = target.to === 'time' ? await ask({ timestamp: target.timestamp }) : ends
  return sorted.map((place, at) => {
    const logEndOffset = ends[at]?.offset ?? 0
    return resetStep(target, {
      ...place,
      currentOffset: currentOf.get(partitionName(place)),
      logStartOffset: starts[at]?.offset ?? 0,
      logEndOffset,
      offsetAtTime: times[at]?.offset ?? logEndOffset,
    })
  })
}

/** As somebody outside of the group, which takes that as long as it has no members. */
const commit = async (engine: Engine, group: string, steps: readonly ResetStep[]): Promise<void> => {
  const offsets = steps.map(({ topic, partition, newOffset }) => ({
    topic,
    partition,
    offset: newOffset,
    metadata: '',
  }))
  await settle(engine.groups.commit({ group, generation: -1, memberId: '' }, offsets))
}

/** Whether records may be read a second time. */
const goesBack = ({ currentOffset, newOffset }: ResetStep): boolean =>
  currentOffset === undefined || newOffset < currentOffset

const sayNearest = async ({ stderr }: World, step: ResetStep): Promise<void> => {
  const { askedFor, newOffset } = step
  if (askedFor === undefined) return
  await stderr.write(`${partitionName(step)} has no offset ${askedFor}: the nearest is ${newOffset}\n`)
}

const document = ({ topic, partition, currentOffset, newOffset }: ResetStep) => ({
  topic,
  partition,
  currentOffset: currentOffset ?? null,
  newOffset,
})

const columns: readonly Column[] = [
  { heading: 'TOPIC' },
  { heading: 'PARTITION', isNumber: true },
  { heading: 'CURRENT-OFFSET', isNumber: true },
  { heading: 'NEW-OFFSET', isNumber: true },
]

const row = ({ topic, partition, currentOffset, newOffset }: ResetStep): readonly string[] =>
  [topic, partition, currentOffset ?? '-', newOffset].map(String)
