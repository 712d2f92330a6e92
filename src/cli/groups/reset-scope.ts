import type { CommittedOffset, Engine } from '../../contracts/engine.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import { Complaint } from '../complaint.ts'
import { findGroups, findTopic } from '../session.ts'

/**
 * The partitions that a reset is about: those of `topics` (`orders`, or `orders:0,2`), or all that the group has committed
 * to where none is named.
 */
export const partitionsToReset = async (o: {
  readonly engine: Engine
  readonly group: string
  readonly topics: readonly string[] | undefined
  readonly committed: readonly CommittedOffset[]
}): Promise<readonly TopicPartition[]> => {
  const { engine, group, topics, committed } = o
  if (topics !== undefined) return (await Promise.all(topics.map((typed) => placesOf(engine, typed)))).flat()
  await findGroups(engine, [group])
  if (committed.length > 0) return committed.map(({ topic, partition }) => ({ topic, partition }))
  throw new Complaint('missing', `group '${group}' has committed to no topic: name the topics, with --topic`)
}

const placesOf = async (engine: Engine, typed: string): Promise<readonly TopicPartition[]> => {
  const [name = '', numbers] = typed.split(':')
  const { partitions: count } = await findTopic(engine, name)
  const all = Array.from({ length: count }, (_, partition) => ({ topic: name, partition }))
  if (numbers === undefined) return all
  return numbers.split(',').map((number) => {
    const place = all.find(({ partition }) => String(partition) === number)
    if (place !== undefined) return place
    throw new Complaint('missing', `topic '${name}' has partitions 0 to ${count - 1}, and not '${number}'`)
  })
}
