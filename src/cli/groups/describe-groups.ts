import { settle } from '../../contracts/settle.ts'
import type { Invocation, Run } from '../command-leaf.ts'
import { counted, jsonLine } from '../say.ts'
import { findGroups, withSession } from '../session.ts'
import { type Column, table } from '../table.ts'
import { type GroupLag, lagOf, type PartitionLag } from './lag.ts'
import { type Drain, shownDrain, timeToDrain } from './time-to-drain.ts'

interface DescribeOptions {
  readonly group?: readonly string[]
  readonly interval: number
  readonly json?: boolean
}

/** `millrace groups describe` */
export const describeGroups: Run<DescribeOptions> = async (invocation) => {
  const { world, options } = invocation
  const { interval, json = false } = options
  const earlier = await look(invocation)
  const isBehind = earlier.some(({ partitions }) => partitions.some(({ lag = 0 }) => lag > 0))
  // nothing that drains is to be waited for
  const later = isBehind && interval > 0 ? await lookLater(invocation, interval) : earlier
  const groups = later.map((lag): Described => {
    const before = earlier.find(({ description: { group } }) => group === lag.description.group)
    const drain = timeToDrain(before ?? lag, lag)
    return { ...lag, partitions: lag.partitions.map((partition) => ({ ...partition, drain: drain(partition) })) }
  })
  await world.stdout.write(json ? jsonLine(groups.map(document)) : groups.map(page).join('\n'))
}

interface Described extends Omit<GroupLag, 'partitions'> {
  readonly partitions: readonly (PartitionLag & { readonly drain: Drain })[]
}

/** Opens the engine anew each time: what is read beside an owner is seen as it was when somebody looked. */
const look = ({ world, url, options: { group } }: Invocation<DescribeOptions>): Promise<readonly GroupLag[]> =>
  withSession({ world, url }, 'read', async ({ engine }) => {
    const groups = await (group === undefined ? settle(engine.groups.describe()) : findGroups(engine, group))
    const lags: GroupLag[] = []
    for (const description of groups) lags.push(await lagOf(engine, world.clock, description))
    return lags
  })

const lookLater = async (invocation: Invocation<DescribeOptions>, intervalMs: number): Promise<readonly GroupLag[]> => {
  await new Promise<void>((ring) => invocation.world.clock.after(intervalMs, ring, true))
  return look(invocation)
}

const document = ({ description: { group, state, assignor, members }, partitions }: Described) => ({
  group,
  state,
  assignor,
  members: members.map(({ memberId, partitions }) => ({ memberId, partitions })),
  partitions: partitions.map(({ topic, partition, currentOffset, logEndOffset, lag, drain, memberId }) => ({
    topic,
    partition,
    currentOffset: currentOffset ?? null,
    logEndOffset,
    lag: lag ?? null,
    timeToDrainMs: typeof drain === 'number' ? drain : null,
    memberId: memberId ?? null,
  })),
})

const columns: readonly Column[] = [
  { heading: 'TOPIC' },
  { heading: 'PARTITION', isNumber: true },
  { heading: 'CURRENT-OFFSET', isNumber: true },
  { heading: 'LOG-END-OFFSET', isNumber: true },
  { heading: 'LAG', isNumber: true },
  { heading: 'TIME-TO-DRAIN', isNumber: true },
  { heading: 'MEMBER' },
]

const page = ({ description: { group, state, members }, partitions }: Described): string => {
  const rows = partitions.map(({ topic, partition, currentOffset, logEndOffset, lag, drain, memberId }) =>
    [topic, partition, currentOffset ?? '-', logEndOffset, lag ?? '-', shownDrain(drain), memberId ?? '-'].map(String),
  )
  return `group ${group}, ${state}, ${counted(members.length, 'member')}\n${table(columns, rows)}`
}
