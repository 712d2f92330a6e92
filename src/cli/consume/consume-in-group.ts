import { type Position, partitionName } from '../../contracts/position.ts'
import { settle } from '../../contracts/settle.ts'
import { type Consumer, openConsumer } from '../../millrace/consumer.ts'
import { type Field, rawTopic } from '../raw-topic.ts'
import type { Printer } from './printer.ts'
import type { Reading } from './reading.ts'

/** How long a poll waits: somebody who presses Ctrl-C waits for it too. */
const pollMs = 200

/** Reads as a member of a group, and commits behind what has been printed, and nothing else. */
export const consumeInGroup = async (reading: Reading, group: string): Promise<void> => {
  const { engine, clock, topic, options, printer, ended, idle } = reading
  const ends = options.untilLatest === true ? await endsOf(reading) : undefined
  if (ended.aborted) return
  const consumer = await openConsumer(engine, clock, {
    topics: [rawTopic(topic.name)],
    group,
    from: options.fromBeginning === true ? 'earliest' : 'latest',
    isolation: options.isolationLevel,
  })
  const commit = committer(consumer, printer)
  let hasJoined = false
  try {
    while (!ended.aborted && !printer.isDone) {
      const records = await consumer.poll({ timeoutMs: pollMs })
      const hadJoined: boolean = hasJoined
      hasJoined = consumer.token().generation >= 0
      if (hasJoined !== hadJoined || records.length > 0) idle.restart()
      // what has gone out counts, also where the rest could not
      await printer.print(records).then(commit, async (error: unknown) => {
        await commit(false)
        throw error
      })
      if (ends !== undefined && hasPassed(consumer.positions(), ends)) return
    }
  } finally {
    await consumer.close()
  }
}

/**
 * Commits where the consumer stands, if all that it read has gone out: behind markers too, which no reader sees. If not,
 * behind what has. Nothing before the first record has gone out.
 */
const committer = (consumer: Consumer<Field, Field>, printer: Printer): ((isAll: boolean) => Promise<void>) => {
  let committed = ''
  return async (isAll) => {
    const printed = printer.positions
    if (printed.length === 0) return
    const stands = consumer.positions()
    const mine = new Set(stands.map(partitionName))
    const positions = isAll ? stands : printed.filter((position) => mine.has(partitionName(position)))
    const now = JSON.stringify(positions)
    if (now === committed) return
    await consumer.commit(positions)
    committed = now
  }
}

const endsOf = async ({ engine, topic, ended, idle }: Reading): Promise<ReadonlyMap<string, number>> => {
  const all = Array.from({ length: topic.partitions }, (_, partition) => ({ topic: topic.name, partition }))
  idle.restart()
  const ends = await settle(engine.reader.settled(all, ended)).catch((error: unknown) => {
    // nobody waits for them any more
    if (ended.aborted) return []
    throw error
  })
  idle.stop()
  return new Map(ends.map((end) => [partitionName(end), end.offset]))
}

/** Whether a member has come to the end of all that it has been given. */
const hasPassed = (positions: readonly Position[], ends: ReadonlyMap<string, number>): boolean =>
  positions.length > 0 && positions.every((position) => position.offset >= (ends.get(partitionName(position)) ?? 0))
