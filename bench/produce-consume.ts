import { connect } from 'millrace'
import { compared, duel, type Measurement, rate } from './measurement.ts'
import { type BenchRecord, benchRecords, inDirectory, pieces } from './records.ts'
import { SqliteLog, type Synchronous } from './sqlite-log.ts'
import { type Durability, input, partitions } from './topics.ts'

const count = 500_000
const perBatch = 1000
const rounds = 3

/** Sends everything, a batch after the other, then reads it as a consumer that commits its position. */
const millraceRate = async (
  directory: string,
  durability: Durability,
  batches: readonly (readonly BenchRecord[])[],
) => {
  const millrace = await connect(`file:${directory}`, { durability })
  await millrace.create(input)
  const measured = await rate(async () => {
    for (const batch of batches) await millrace.send(input, batch)
    const consumer = await millrace.consumer({ topics: [input], group: 'bench' })
    for (let read = 0; read < count; ) {
      read += (await consumer.poll()).length
      await consumer.commit()
    }
    return count
  })
  await millrace.close()
  return measured
}

/** The same with SQLite: a transaction a batch, reading as much at a time. */
const sqliteRate = async (
  directory: string,
  synchronous: Synchronous,
  batches: readonly (readonly BenchRecord[])[],
) => {
  const sqlite = new SqliteLog(directory, synchronous)
  const log = sqlite.topic('input')
  const measured = await rate(() => {
    for (const batch of batches)
      sqlite.transaction(() => {
        const now = Date.now()
        for (const { key, value } of batch) log.append(key.charCodeAt(key.length - 1) % partitions, key, value, now)
      })
    sqlite.consume(log, { count, limit: perBatch, partitions })
    return count
  })
  sqlite.close()
  return measured
}

/** W1: records of 100 bytes over 4 partitions, written and then read with the position kept. */
export const produceConsume = async (): Promise<readonly Measurement[]> => {
  const batches = pieces(benchRecords(count), perBatch)
  const against = async (durability: Durability, synchronous: Synchronous, target?: number) => {
    const { ours, theirs, ratio } = await duel({
      rounds,
      ours: () => inDirectory((directory) => millraceRate(directory, durability, batches)),
      theirs: () => inDirectory((directory) => sqliteRate(directory, synchronous, batches)),
    })
    return compared({
      name: `produce and consume, durability ${durability}`,
      unit: 'records/s',
      value: ours,
      against: { name: `SQLite WAL ${synchronous}`, value: theirs },
      ratio,
      ...(target === undefined ? {} : { target }),
    })
  }
  return [await against('process', 'NORMAL', 3), await against('power', 'FULL')]
}
