import { type Consumer, type ConsumerOptions, connect, type Millrace, stream } from 'millrace'
import { mapValue, to } from 'millrace/operators'
import { map } from 'rxjs'
import { compared, duel, type Measurement, rate } from './measurement.ts'
import { type BenchRecord, benchRecords, inDirectory, pieces } from './records.ts'
import { SqliteLog, type SqliteRow, type Synchronous } from './sqlite-log.ts'
import { type Durability, input, output, partitions, turned } from './topics.ts'

const rounds = 5
/** How many records of each contest are measured. */
const count = 500_000
/** The same of those with small transactions. */
const smallCount = 100_000

type Batches = readonly (readonly BenchRecord[])[]

/** What is measured, and half as much before it: both sides have been at work for a while, as programs that stay have. */
interface Work {
  /** Come one after the other, and again and again: nothing is held that a program would not hold. */
  readonly batches: Batches
  /** How many records. */
  readonly before: number
  readonly measured: number
}

const differentRecords = 10_000

const workOf = (count: number, perTransaction: number): Work => ({
  batches: pieces(benchRecords(differentRecords), perTransaction),
  before: count / 2,
  measured: count,
})

/** So many records of `batches`. */
function* taken(batches: Batches, count: number): Generator<readonly BenchRecord[]> {
  for (let at = 0, records = 0; records < count; at += 1) {
    const batch = batches[at % batches.length] ?? []
    yield batch
    records += batch.length
  }
}

const opened = async (directory: string, durability: Durability): Promise<Millrace> => {
  const millrace = await connect(`file:${directory}`, { durability })
  await millrace.create(input, output)
  return millrace
}

/** Each of `batches` becomes a batch in the log. */
const send = async (millrace: Millrace, batches: Batches, count: number): Promise<void> => {
  let at = 0
  for (const batch of taken(batches, count)) {
    const partition = at++ % partitions
    await millrace.send(
      input,
      batch.map((record) => ({ ...record, partition })),
    )
  }
}

/** By hand: so many loops side by side, each with a consumer of its own, and a transaction for each batch that it reads. */
const transactionRate =
  (sideBySide: number) =>
  async (directory: string, durability: Durability, { batches, before, measured }: Work): Promise<number> => {
    const millrace = await opened(directory, durability)
    await send(millrace, batches, before + measured)
    let done = 0
    const loop = async (consumer: Consumer<string, Uint8Array>, until: number): Promise<void> => {
      while (done < until) {
        const records = await consumer.poll({ maxBytes: 1, timeoutMs: 10 })
        if (records.length === 0) continue
        await millrace.transaction(async (tx) => {
          await tx.send(
            output,
            records.map(({ key, value }) => ({ key, value: turned(value) })),
          )
          await tx.commitPosition(consumer)
        })
        done += records.length
      }
    }
    const consumers = await Promise.all(
      Array.from({ length: sideBySide }, (_, at) =>
        millrace.consumer({ topics: [input], group: 'bench', ...(sideBySide === 1 ? {} : everyOther(sideBySide, at)) }),
      ),
    )
    const loops = (until: number) => Promise.all(consumers.map((consumer) => loop(consumer, until)))
    await loops(before)
    const begun = done
    const perSecond = await rate(async () => {
      await loops(before + measured)
      return done - begun
    })
    for (const consumer of consumers) await consumer.close()
    await millrace.close()
    return perSecond
  }

/** Each `step`th partition of the input, from `first` on. */
const everyOther = (step: number, first: number): Pick<ConsumerOptions<string, Uint8Array>, 'assign'> => ({
  assign: Array.from({ length: partitions }, (_, partition) => ({ topic: input.name, partition })).filter(
    ({ partition }) => partition % step === first,
  ),
})

/** As a pipeline, which chooses its own transactions. */
const pipelineRate =
  (pipeline: Parameters<Millrace['run']>[1]) =>
  async (directory: string, durability: Durability, { batches, before, measured }: Work): Promise<number> => {
    const millrace = await opened(directory, durability)
    const through = async (count: number): Promise<number> => {
      const running = await millrace.run('bench', pipeline)
      await running.caughtUp()
      await running.stop()
      return count
    }
    await send(millrace, batches, before)
    await through(before)
    await send(millrace, batches, measured)
    const perSecond = await rate(() => through(measured))
    await millrace.close()
    return perSecond
  }

const pipeline = stream(input).pipe(mapValue(turned), to(output))
/** An operator that is not ours may keep something from one record to the next: each record has a chain of its own. */
const withRxjs = stream(input).pipe(
  map((record) => ({ ...record, value: turned(record.value) })),
  to(output),
)

const sqliteRate = async (
  directory: string,
  synchronous: Synchronous,
  { batches, before, measured }: Work,
): Promise<number> => {
  const sqlite = new SqliteLog(directory, synchronous)
  const [from, into] = [sqlite.topic('input'), sqlite.topic('output')]
  let at = 0
  for (const batch of taken(batches, before + measured)) {
    const partition = at++ % partitions
    sqlite.transaction(() => {
      for (const { key, value } of batch) from.append(partition, key, value, Date.now())
    })
  }
  const limit = batches[0]?.length ?? 1
  const partitionOf = (row: SqliteRow): number => row[1].charCodeAt(row[1].length - 1) % partitions
  const through = (count: number): number =>
    sqlite.consume(from, { count, limit, partitions }, (rows) => {
      const now = Date.now()
      for (const row of rows) into.append(partitionOf(row), row[1], turned(row[2]), now)
    })
  through(before)
  const perSecond = await rate(() => through(measured))
  sqlite.close()
  return perSecond
}

interface Contest {
  readonly name: string
  readonly ours: (directory: string, durability: Durability, work: Work) => Promise<number>
  readonly durability: Durability
  readonly rival: Synchronous
  readonly count: number
  readonly perTransaction: number
  readonly target?: number
}

const contests: readonly Contest[] = [
  {
    name: 'pipeline',
    ours: pipelineRate(pipeline),
    durability: 'process',
    rival: 'NORMAL',
    count,
    perTransaction: 500,
    target: 3,
  },
  {
    name: 'pipeline',
    ours: pipelineRate(pipeline),
    durability: 'power',
    rival: 'FULL',
    count,
    perTransaction: 500,
    target: 2.5,
  },
  {
    name: 'transactions of 500',
    ours: transactionRate(1),
    durability: 'process',
    rival: 'NORMAL',
    count,
    perTransaction: 500,
    target: 3,
  },
  {
    name: 'transactions of 500',
    ours: transactionRate(1),
    durability: 'power',
    rival: 'FULL',
    count,
    perTransaction: 500,
    target: 2.5,
  },
  {
    name: 'pipeline with an operator of RxJS',
    ours: pipelineRate(withRxjs),
    durability: 'process',
    rival: 'NORMAL',
    count,
    perTransaction: 500,
    target: 1.5,
  },
  {
    name: 'pipeline with an operator of RxJS',
    ours: pipelineRate(withRxjs),
    durability: 'power',
    rival: 'FULL',
    count,
    perTransaction: 500,
    target: 1.25,
  },
  {
    name: 'transactions of 10',
    ours: transactionRate(1),
    durability: 'power',
    rival: 'FULL',
    count: smallCount,
    perTransaction: 10,
    target: 1,
  },
  {
    name: 'transactions of 10, four at a time',
    ours: transactionRate(4),
    durability: 'power',
    rival: 'FULL',
    count: smallCount,
    perTransaction: 10,
  },
]

/** W2: read, process, write and commit the position, exactly once. */
export const readProcessWrite = async (): Promise<readonly Measurement[]> => {
  const measured: Measurement[] = []
  for (const { name, ours, durability, rival, count, perTransaction, target } of contests) {
    const work = workOf(count, perTransaction)
    const result = await duel({
      rounds,
      ours: () => inDirectory((directory) => ours(directory, durability, work)),
      theirs: () => inDirectory((directory) => sqliteRate(directory, rival, work)),
    })
    measured.push(
      compared({
        name: `read-process-write, ${name}, durability ${durability}`,
        unit: 'records/s',
        value: result.ours,
        against: { name: `SQLite WAL ${rival}, ${perTransaction} a transaction`, value: result.theirs },
        ratio: result.ratio,
        ...(target === undefined ? {} : { target }),
      }),
    )
  }
  return measured
}
