import { topicsOf } from '../codec/delayed.ts'
import { ownHeadersLeftOut } from '../codec/job-headers.ts'
import { markIn } from '../codec/mark-reader.ts'
import { utf8 } from '../codec/utf-8.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { Engine } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
import type { Position, TopicPartition } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'
import { keyedPartition } from '../protocol/client/partitioner.ts'
import { type LogRecord, readPartition } from './read-partition.ts'
import { tierWaits } from './rules.ts'

/** One record, mostly: a fetch never cuts a batch. */
const oneBatchBytes = 1
/** By how much the clocks may differ of who wrote a job to its tier and of who stamped it there. */
const skewMs = 60_000

/** What a job carries, as it lies in the log. */
export interface Payload {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
}

/** A scheduling of an id that waits. */
export interface Waits {
  readonly id: string
  readonly gen: number
  readonly dueMs: number
}

/**
 * What a job that waits carries. Its command has it, and lies where its number says, for as long as commands are kept; after that
 * it is looked for where the job waits: near, in the tiers behind what was written before it, and on the ladder. `undefined`
 * where it has moved meanwhile, or waits no more.
 */
export const findPayload = async (engine: Engine, delayed: AnyDelayed, job: Waits): Promise<Payload | undefined> => {
  const { commands, tiers, ladder, near } = topicsOf(delayed)
  const key = utf8(job.id)
  const partition = keyedPartition(key, delayed.partitions)
  const commanded = await atOffset(engine, { topic: commands.name, partition, offset: job.gen })
  if (commanded !== undefined) return payloadOf(commanded)
  const isIt = ({ headers, key: other }: LogRecord): boolean =>
    other !== null && Buffer.compare(other, key) === 0 && markIn(headers)?.gen === job.gen
  const search = async (topic: string, fromMs?: number): Promise<LogRecord | undefined> => {
    const from = fromMs === undefined ? undefined : await offsetAt(engine, { topic, partition }, fromMs)
    for await (const records of readPartition(engine, { topic, partition }, from)) {
      const found = records.find(isIt)
      if (found !== undefined) return found
    }
    return undefined
  }
  const inTier = async (isAnywhere: boolean): Promise<LogRecord | undefined> => {
    for (const [name, waitMs] of tierWaits(delayed)) {
      const fromMs = isAnywhere ? undefined : job.dueMs - waitMs - skewMs
      const found = await search(tiers.get(name)?.name ?? '', fromMs)
      if (found !== undefined) return found
    }
    return undefined
  }
  const onLadder = async (): Promise<LogRecord | undefined> => {
    for (const { name } of ladder.values()) {
      const found = await search(name)
      if (found !== undefined) return found
    }
    return undefined
  }
  const found = (await search(near.name)) ?? (await inTier(false)) ?? (await onLadder()) ?? (await inTier(true))
  return found && payloadOf(found)
}

/** The record there; `undefined` where it was deleted. */
const atOffset = async (engine: Engine, { offset, ...at }: Position): Promise<LogRecord | undefined> => {
  try {
    for await (const records of readPartition(engine, at, offset, oneBatchBytes))
      return records.find((record) => record.offset === offset)
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'offset-out-of-range')) throw error
  }
  return undefined
}

const offsetAt = async (engine: Engine, at: TopicPartition, timestamp: number): Promise<number | undefined> => {
  const query = { ...at, at: { timestamp: Math.max(0, timestamp) } }
  return (await settle(engine.reader.offsets([query], 'read_committed')))[0]?.offset
}

const payloadOf = (record: LogRecord): Payload => ({
  key: markIn(record.headers)?.keyOf(record.key) ?? null,
  value: record.value,
  headers: ownHeadersLeftOut(record.headers),
})
