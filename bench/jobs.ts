import { loadavg } from 'node:os'
import { connect } from 'millrace'
import { keyedPartition } from '../src/protocol/client/partitioner.ts'
import { cancellations, timeouts, unpaid } from './jobs-topics.ts'
import { atLeast, below, compared, duel, type Measurement, rate } from './measurement.ts'
import { type BenchRecord, drawnOrders, inDirectory, orders, pieces } from './records.ts'
import { SqliteLog } from './sqlite-log.ts'
import { answerOf } from './step.ts'
import { input, partitions } from './topics.ts'

const rounds = 3
const perTransaction = 500
const waitMs = 30 * 60_000
const scheduled = 200_000

type Batches = readonly (readonly BenchRecord[])[]

/** The last id of each task: once they are known to wait, all wait that were scheduled before. */
const lastOfEach = (batches: Batches): readonly string[] => {
  const last = new Map<number, string>()
  for (const batch of batches) for (const { key } of batch) last.set(keyedPartition(Buffer.from(key), partitions), key)
  return [...last.values()]
}

/** From orders that are in the log to jobs that wait, each under its id. */
const enqueueRate = async (directory: string, batches: Batches): Promise<number> => {
  const millrace = await connect(`file:${directory}`, { durability: 'process' })
  await millrace.create(input, cancellations)
  for (const [at, batch] of batches.entries())
    await millrace.send(
      input,
      batch.map((record) => ({ ...record, partition: at % partitions })),
    )
  const count = batches.flat().length
  const last = lastOfEach(batches)
  const jobs = millrace.jobs(unpaid)
  // topics are created before, as the rival's tables are
  await jobs.get('nobody')
  const measured = await rate(async () => {
    const running = await millrace.run('timeouts', timeouts('30m'))
    await running.caughtUp()
    // asked behind all that was scheduled, and answered with a commit
    const known = await Promise.all(last.map((id) => jobs.get(id)))
    if (known.some((job) => job?._tag !== 'pending')) throw new Error('a job that was scheduled does not wait')
    return count
  })
  await millrace.close()
  return measured
}

const sqliteRate = async (directory: string, batches: Batches): Promise<number> => {
  const sqlite = new SqliteLog(directory, 'NORMAL')
  const from = sqlite.topic('input')
  const jobs = sqlite.jobs()
  for (const [at, batch] of batches.entries())
    sqlite.transaction(() => {
      for (const { key, value } of batch) from.append(at % partitions, key, value, Date.now())
    })
  const count = batches.flat().length
  const measured = await rate(() =>
    sqlite.consume(from, { count, limit: perTransaction, partitions }, (rows) => {
      const due = Date.now() + waitMs
      for (const [, key, value] of rows) jobs.schedule(key, due, key, value)
    }),
  )
  sqlite.close()
  return measured
}

const enqueue = async (ids: string, made: readonly BenchRecord[]): Promise<Measurement> => {
  const batches = pieces(made, perTransaction)
  const { ours, theirs, ratio } = await duel({
    rounds,
    ours: () => inDirectory((directory) => enqueueRate(directory, batches)),
    theirs: () => inDirectory((directory) => sqliteRate(directory, batches)),
  })
  const against = { name: 'SQLite, NORMAL', value: theirs }
  return compared({ name: `jobs scheduled, ${ids}, process`, unit: 'jobs/s', value: ours, against, ratio, target: 2.5 })
}

const perSecond = 6_000
const tickMs = 5
const seconds = 10

const now = (): number => performance.timeOrigin + performance.now()

/** How much later than due jobs are read from their target, with as many due each second. */
const lateness = (): Promise<readonly Measurement[]> =>
  inDirectory(async (directory) => {
    const millrace = await connect(`file:${directory}`, { durability: 'process' })
    await millrace.create(input, cancellations)
    await millrace.run('timeouts', timeouts('1s'))
    const late: number[] = []
    const all = perSecond * seconds
    const read = new Promise<void>((resolve) => {
      millrace.observe(cancellations).subscribe(({ timestamp }) => {
        late.push(now() - timestamp)
        if (late.length === all) resolve()
      })
    })
    const begin = now()
    for (let sent = 0; sent < all; ) {
      const wanted = Math.min(all, Math.ceil(((now() - begin) * perSecond) / 1000))
      if (wanted > sent) await millrace.send(input, orders(sent, wanted - sent))
      sent = wanted
      await new Promise((resolve) => setTimeout(resolve, tickMs))
    }
    await read
    await millrace.close()
    // what was compiled meanwhile is not what is measured
    const sorted = late.slice(perSecond).sort((a, b) => a - b)
    const at = (part: number): number => sorted[Math.floor(part * sorted.length)] ?? 0
    const load = `load ${loadavg()[0]?.toFixed(1)}`
    const name = (part: string): string => `lateness of jobs, ${perSecond} due a second, ${part} (${load})`
    return [
      below({ name: name('p50'), value: at(0.5), unit: 'ms', target: 2 }),
      below({ name: name('p99'), value: at(0.99), unit: 'ms', target: 8 }),
    ]
  })

const pending = 1_000_000
const dueInMs = 40_000

const stepOf = async <A>(name: string, directory: string, where: 'memory' | 'disk' = 'memory'): Promise<A> =>
  JSON.parse(await answerOf('./jobs-steps.ts', [name, directory, `${pending}`, where])) as A

interface Opened {
  readonly ms: number
  readonly bytesPerJob: number
}

/** A million jobs that wait, in one directory: opened, held, and fired once they are overdue. */
const million = (): Promise<readonly Measurement[]> =>
  inDirectory(async (directory) => {
    await stepOf('fill', directory)
    const filledAt = now()
    const { ms, bytesPerJob } = await stepOf<Opened>('open', directory)
    await new Promise((resolve) => setTimeout(resolve, dueInMs - (now() - filledAt)))
    const caughtUp = await stepOf<{ perSecond: number; isInOrder: boolean; peakMib: number }>('catch-up', directory)
    if (!caughtUp.isInOrder) throw new Error('the overdue jobs did not fire in the order in which they were due')
    return [
      below({ name: 'a million jobs that wait, until one can be spoken of', value: ms, unit: 'ms', target: 3_000 }),
      below({
        name: 'a million jobs that wait, each with an id',
        value: bytesPerJob,
        unit: 'B resident each',
        target: 200,
      }),
      atLeast({
        name: 'a million overdue jobs, in their order',
        value: caughtUp.perSecond,
        unit: 'jobs/s',
        target: 6_000,
      }),
      below({
        name: 'a million overdue jobs, meanwhile',
        value: caughtUp.peakMib,
        unit: 'MiB resident at most',
        target: 500,
      }),
    ]
  })

/** The same number with what is known of their ids on disk: what that takes in memory does not grow with them. */
const millionOnDisk = (): Promise<readonly Measurement[]> =>
  inDirectory(async (directory) => {
    await stepOf('fill', directory, 'disk')
    const { ms, bytesPerJob } = await stepOf<Opened>('open', directory, 'disk')
    const [name, value] = ['a million jobs that wait, ids on disk', (bytesPerJob * pending) / 1024 ** 2]
    return [
      below({ name: `${name}, until one can be spoken of`, value: ms, unit: 'ms', target: 3_000 }),
      below({ name, value, unit: 'MiB resident in all', target: 64 }),
    ]
  })

export const delayedJobs = async (): Promise<readonly Measurement[]> => [
  await enqueue('ids in order', orders(0, scheduled)),
  await enqueue('ids drawn', drawnOrders(scheduled)),
  ...(await lateness()),
  ...(await million()),
  ...(await millionOnDisk()),
]
