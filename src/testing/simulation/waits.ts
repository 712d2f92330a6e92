import { topicsOfGroup } from '../../codec/delayed.ts'
import type { Engine } from '../../contracts/engine.ts'
import { settle } from '../../contracts/settle.ts'
import { committedUpTo } from '../../pipeline/group-progress.ts'
import { retryTopicsByPipeline } from '../../pipeline/retry-topics.ts'

/**
 * Whether a job waits until it is due, or a command of one to be carried out, or a record that was put off: what follows from it is still to come. Answers
 * that something does where that cannot be told at the moment.
 */
export const someJobWaits = async (engine: Engine): Promise<boolean> => {
  const topics = await settle(engine.topics.describe())
  const partitions = new Map(topics.map((topic) => [topic.name, topic.partitions]))
  const all = [...partitions.keys()]
  for (const [group, names] of [...topicsOfGroup(all), ...retryTopicsByPipeline(all)]) {
    const queries = names.flatMap((topic) =>
      Array.from({ length: partitions.get(topic) ?? 0 }, (_, partition) => ({
        topic,
        partition,
        at: 'latest' as const,
      })),
    )
    const ends = await settle(engine.reader.offsets(queries, 'read_committed'))
    const done = await committedUpTo(engine, group, ends).catch(() => undefined)
    if (done === undefined || ends.some((end) => end.offset > 0 && !done.has(end))) return true
  }
  return false
}
