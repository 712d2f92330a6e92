import { type Consumer, type ConsumerOptions, connect, type Millrace, stream } from 'millrace'
import { mapValue, to } from 'millrace/operators'
import { map } from 'rxjs'
import { compared, duel, type Measurement, rate } from './measurement.ts'
import { type BenchRecord, benchRecords, inDirectory, pieces } from './records.ts'
import { SqliteLog, type SqliteRow, type Synchronous } from './sqlite-log.ts'
import { type Durability, input, output, partitions, turned } from './topics.ts'

const rounds = 3
/** Ten thousand transactions of 10: the first four thousand of a process are still being compiled. */
const smallCount = 100_000

type Batches = readonly (readonly BenchRecord[])[]

/** Opens a directory whose input is there already, each of `batches` a batch in the log: what is measured begins after it. */
const prepared = async (directory: string, durability: Durability, batches: Batches): Promise<Millrace> => {
  const millrace = await connect(`file:${directory}`, { durability })
  await millrace.create(input, output)
  for (const [at, batch] of batches.entries())
    await millrace.send(
      input,
      batch.map((record) => ({ ...record, partition: at % partitions })),
    )
  return millrace
}

/** By hand: so many loops side by side, each with a consumer of its own, and a transaction for each batch that it reads. */
const transactionRate =
  (loops: number) =>
  async (directory: string, durability: Durability, batches: Batches): Promise<number> => {
    const millrace = await prepared(directory, durability, batches)
    const count = batches.flat().length
    let done = 0
    const loop = async (consumer: Consumer<string, Uint8Array>): Promise<void> => {
      while (done < count) {
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
      Array.from({ length: loops }, (_, at) =>
        millrace.consumer({ topics: [input], group: 'bench', ...(loops === 1 ? {} : everyOther(loops, at)) }),
      ),
    )
    const measured = await rate(async () => {
      await Promise.all(consumers.map(loop))
      return done
    })
    for (const consumer of consumers) await consumer.close()
    await millrace.close()
    return measured
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
  async (directory: string, durability: Durability, batches: Batches): Promise<number> => {
    const millrace = await prepared(directory, durability, batches)
    const measured = await rate(async () => {
      const running = await millrace.run('bench', pipeline)
      await running.caughtUp()
      await running.stop()
      return batches.flat().length
    })
    await millrace.close()
    return measured
  }

const pipeline = stream(input).pipe(mapValue(turned), to(output))
/** An operator that is not ours may keep something from one record to the next: each record has a chain of its own. */
const withRxjs = stream(input).pipe(
  map((record) => ({ ...record, value: turned(record.value) })),
  to(output),
)

const sqliteRate = async (directory: string, synchronous: Synchronous, batches: Batches): Promise<number> => {
  const sqlite = new SqliteLog(directory, synchronous)
  const [from, into] = [sqlite.topic('input'), sqlite.topic('output')]
  for (const [at, batch] of batches.entries())
    sqlite.transaction(() => {
      for (const { key, value } of batch) from.append(at % partitions, key, value, Date.now())
    })
  const perTransaction = batches[0]?.length ?? 1
  const partitionOf = (row: SqliteRow): number => row[1].charCodeAt(row[1].length - 1) % partitions
  const count = batches.flat().length
  const measured = await rate(() =>
    sqlite.consume(from, { count, limit: perTransaction, partitions }, (rows) => {
      const now = Date.now()
      for (const row of rows) into.append(partitionOf(row), row[1], turned(row[2]), now)
    }),
  )
  sqlite.close()
  return measured
}

interface Contest {
  readonly name: string
  readonly ours: (directory: string, durability: Durability, batches: Batches) => Promise<number>
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
    count: 500_000,
    perTransaction: 500,
    target: 3,
  },
  {
    name: 'pipeline',
    ours: pipelineRate(pipeline),
    durability: 'power',
    rival: 'FULL',
    count: 500_000,
    perTransaction: 500,
    target: 2.5,
  },
  {
    name: 'transactions of 500',
    ours: transactionRate(1),
    durability: 'process',
    rival: 'NORMAL',
    count: 500_000,
    perTransaction: 500,
    target: 3,
  },
  {
    name: 'transactions of 500',
    ours: transactionRate(1),
    durability: 'power',
    rival: 'FULL',
    count: 500_000,
    perTransaction: 500,
    target: 2.5,
  },
  {
    name: 'pipeline with an operator of RxJS',
    ours: pipelineRate(withRxjs),
    durability: 'process',
    rival: 'NORMAL',
    count: 500_000,
    perTransaction: 500,
    target: 1.5,
  },
  {
    name: 'pipeline with an operator of RxJS',
    ours: pipelineRate(withRxjs),
    durability: 'power',
    rival: 'FULL',
    count: 500_000,
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
    const batches = pieces(benchRecords(count), perTransaction)
    const result = await duel({
      rounds,
      ours: () => inDirectory((directory) => ours(directory, durability, batches)),
      theirs: () => inDirectory((directory) => sqliteRate(directory, rival, batches)),
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
