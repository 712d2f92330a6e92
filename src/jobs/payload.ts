import { topicsOf } from '../codec/delayed.ts'
import { jobHeader, numberIn, ownHeadersLeftOut } from '../codec/job-headers.ts'
import { utf8 } from '../codec/utf-8.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { Engine } from '../contracts/engine.ts'
import { settle } from '../contracts/settle.ts'
import { keyedPartition } from '../protocol/client/partitioner.ts'
import type { Payload } from './jobs.ts'
import { type LogRecord, readPartition } from './read-partition.ts'

/** One record, mostly: a fetch never cuts a batch. */
const oneBatchBytes = 1

/**
 * What scheduling `gen` of `id` carries: of the command that scheduled it, which lies where its number says; where commands as
 * old as that are deleted, of the place at which the job waits, all of which are read for it. `undefined` where it waits no more.
 */
export const findPayload = async (
  engine: Engine,
  delayed: AnyDelayed,
  id: string,
  gen: number,
): Promise<Payload | undefined> => {
  const { commands, tiers, ladder, near } = topicsOf(delayed)
  const key = utf8(id)
  const partition = keyedPartition(key, delayed.partitions)
  const command = { topic: commands.name, partition }
  const [start] = await settle(engine.reader.offsets([{ ...command, at: 'earliest' }], 'read_committed'))
  if ((start?.offset ?? 0) <= gen)
    for await (const records of readPartition(engine, command, gen, oneBatchBytes))
      return payloadOf(records.find(({ offset }) => offset === gen))
  const isIt = (record: LogRecord): boolean =>
    numberIn(record.headers, jobHeader.gen) === gen && record.key !== null && Buffer.compare(record.key, key) === 0
  // it only goes down: what was not where it is looked at is further on
  for (const { name: topic } of [...ladder.values(), ...tiers.values(), near])
    for await (const records of readPartition(engine, { topic, partition })) {
      const found = records.find(isIt)
      if (found !== undefined) return payloadOf(found)
    }
  return undefined
}

const payloadOf = (record: LogRecord | undefined): Payload | undefined =>
  record && {
    key: record.headers.get(jobHeader.key) ?? null,
    value: record.value,
    headers: ownHeadersLeftOut(record.headers),
  }
