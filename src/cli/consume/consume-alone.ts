import type { OffsetAt } from '../../contracts/engine.ts'
import { settle } from '../../contracts/settle.ts'
import { type From, readBatches } from '../../millrace/read.ts'
import { Complaint } from '../complaint.ts'
import { rawTopic } from '../raw-topic.ts'
import type { Reading } from './reading.ts'

/** Reads without a group: nothing is committed, and a directory may have its owner meanwhile. */
export const consumeAlone = async (reading: Reading): Promise<void> => {
  const { engine, clock, topic, options, printer, ended, idle } = reading
  const batches = readBatches(engine, rawTopic(topic.name), {
    from: await startOf(reading),
    isolation: options.isolationLevel,
    signal: ended,
    clock,
    // the engine is closed behind this, and not before
    lifetime: new AbortController().signal,
    ...(options.partition === undefined ? {} : { partitions: options.partition }),
    ...(options.untilLatest === true ? { until: 'latest' as const } : {}),
  })
  idle.restart()
  for await (const records of batches) {
    idle.restart()
    await printer.print(records)
    if (printer.isDone) return
  }
}

const startOf = async (reading: Reading): Promise<From> => {
  const { fromBeginning = false, fromTimestamp, offset } = reading.options
  if (fromTimestamp !== undefined) return { timestamp: fromTimestamp }
  if (offset === undefined) return fromBeginning ? 'earliest' : 'latest'
  if (typeof offset === 'string') return offset
  const bounds = await boundsOf(reading)
  if (offset >= 0) return { offsets: atOffset(reading, bounds, offset) }
  return { offsets: Object.fromEntries(bounds.map(({ start, end }, at) => [at, Math.max(start, end + offset)])) }
}

interface Bounds {
  readonly start: number
  readonly end: number
}

const atOffset = ({ topic, options }: Reading, bounds: readonly Bounds[], offset: number): Record<number, number> => {
  const { partition: partitions = topic.partitions === 1 ? [0] : [] } = options
  const [only] = partitions
  if (only === undefined || partitions.length > 1)
    throw new Complaint(
      'usage',
      `--offset ${offset} is a place in one partition, and topic '${topic.name}' has ${topic.partitions}: say which, with --partition`,
    )
  const { start, end } = bounds[only] ?? { start: 0, end: Number.POSITIVE_INFINITY }
  if (offset >= start && offset <= end) return { [only]: offset }
  throw new Complaint(
    'usage',
    `partition ${only} of topic '${topic.name}' has offsets ${start} to ${end}, and not ${offset}`,
  )
}

/** Where each partition starts and ends, for readers of this isolation. */
const boundsOf = async ({ engine, topic, options }: Reading): Promise<readonly Bounds[]> => {
  const all = Array.from({ length: topic.partitions }, (_, partition) => ({ topic: topic.name, partition }))
  const ask = (at: OffsetAt) =>
    settle(
      engine.reader.offsets(
        all.map((place) => ({ ...place, at })),
        options.isolationLevel,
      ),
    )
  const [starts, ends] = await Promise.all([ask('earliest'), ask('latest')])
  return starts.map(({ offset: start }, at) => ({ start, end: ends[at]?.offset ?? start }))
}
