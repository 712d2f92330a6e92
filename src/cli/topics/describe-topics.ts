import type { Engine, TopicDescription } from '../../contracts/engine.ts'
import { settle } from '../../contracts/settle.ts'
import type { Run } from '../command-leaf.ts'
import { counted, jsonLine } from '../say.ts'
import { findTopics, withSession } from '../session.ts'
import { type Column, table } from '../table.ts'
import { shownConfig } from './config-of.ts'

interface DescribeOptions {
  readonly topic?: readonly string[]
  readonly internal?: boolean
  readonly json?: boolean
}

interface PartitionOffsets {
  readonly partition: number
  readonly logStartOffset: number
  /** Where readers of committed records come to. */
  readonly lastStableOffset: number
  readonly logEndOffset: number
}

type Described = Omit<TopicDescription, 'partitions'> & { readonly partitions: readonly PartitionOffsets[] }

/** `millrace topics describe` */
export const describeTopics: Run<DescribeOptions> = async ({ world, url, options }) => {
  const { topic: names, internal = false, json = false } = options
  const described = await withSession({ world, url }, 'read', async ({ engine }) => {
    const topics =
      names === undefined
        ? (await settle(engine.topics.describe())).filter((topic) => internal || !topic.internal)
        : await findTopics(engine, names)
    return Promise.all(topics.map((topic) => withOffsets(engine, topic)))
  })
  await world.stdout.write(json ? jsonLine(described.map(document)) : described.map(page).join('\n'))
}

const withOffsets = async (engine: Engine, topic: TopicDescription): Promise<Described> => {
  const numbers = Array.from({ length: topic.partitions }, (_, partition) => partition)
  const ask = (at: 'earliest' | 'latest', isolation: 'read_committed' | 'read_uncommitted') =>
    settle(
      engine.reader.offsets(
        numbers.map((partition) => ({ topic: topic.name, partition, at })),
        isolation,
      ),
    )
  const [starts, stable, ends] = await Promise.all([
    ask('earliest', 'read_uncommitted'),
    ask('latest', 'read_committed'),
    ask('latest', 'read_uncommitted'),
  ])
  const partitions = numbers.map((partition, at) => ({
    partition,
    logStartOffset: starts[at]?.offset ?? 0,
    lastStableOffset: stable[at]?.offset ?? 0,
    logEndOffset: ends[at]?.offset ?? 0,
  }))
  return { ...topic, partitions }
}

const document = ({ name, id, internal, config, partitions }: Described) => ({
  topic: name,
  id,
  internal,
  config,
  partitions,
})

const columns: readonly Column[] = [
  { heading: 'PARTITION', isNumber: true },
  { heading: 'LOG-START-OFFSET', isNumber: true },
  { heading: 'LAST-STABLE-OFFSET', isNumber: true },
  { heading: 'LOG-END-OFFSET', isNumber: true },
]

const page = ({ name, id, config, partitions }: Described): string => {
  const rows = partitions.map((at) =>
    [at.partition, at.logStartOffset, at.lastStableOffset, at.logEndOffset].map(String),
  )
  return `topic ${name}, ${counted(partitions.length, 'partition')}, id ${id}\nconfig ${shownConfig(config)}\n${table(columns, rows)}`
}
