/**
 * `jobs-steps.ts fill|open|catch-up DIRECTORY COUNT memory|disk`: a step of the benchmark `jobs`, with what is known of ids in
 * memory or on disk; answers with a line of JSON.
 * - `fill`: schedules so many jobs, due in 40 seconds
 * - `open`: how long it takes until a job of theirs can be spoken of, and what they take in memory
 * - `catch-up`: how long it takes until all have fired, that are overdue
 */
import { connect, type Millrace } from 'millrace'
import { cancellations, timeouts, unpaidIn } from './jobs-topics.ts'
import { orders } from './records.ts'
import { input } from './topics.ts'

const [step, directory, counted, where] = process.argv.slice(2)
const count = Number(counted)
const unpaid = unpaidIn[where === 'disk' ? 'disk' : 'memory']
const perSend = 10_000
const mib = (bytes: number): number => bytes / 1024 ** 2

const resident = (): number => {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

const until = async (
  millrace: Millrace,
  isSo: (of: { scheduled: number; fired: number }) => boolean,
): Promise<void> => {
  const jobs = millrace.jobs(unpaid)
  await new Promise<void>((resolve) => {
    const subscription = jobs.metrics$.subscribe((metrics) => {
      if (!isSo(metrics)) return
      resolve()
      queueMicrotask(() => subscription.unsubscribe())
    })
  })
}

const fill = async (millrace: Millrace): Promise<object> => {
  await millrace.create(input, cancellations)
  const running = await millrace.run('timeouts', timeouts('40s', unpaid))
  for (let from = 0; from < count; from += perSend)
    await millrace.send(input, orders(from, Math.min(perSend, count - from)))
  await until(millrace, ({ scheduled }) => scheduled >= count)
  await running.stop()
  return {}
}

const open = async (millrace: Millrace, begin: number): Promise<object> => {
  const before = resident()
  await millrace.jobs(unpaid).get(orders(0, 1)[0]?.key ?? '')
  const ms = performance.now() - begin
  return { ms, bytesPerJob: (resident() - before) / count }
}

const catchUp = async (millrace: Millrace): Promise<object> => {
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 20)
  const begin = performance.now()
  let before = 0
  let isInOrder = true
  let fired = 0
  void millrace.jobs(unpaid).get('nobody')
  // by partition: each is moved by its own task
  for await (const { timestamp } of millrace.read(cancellations, { partitions: [0] })) {
    isInOrder &&= timestamp >= before
    before = timestamp
    fired += 1
    if (fired === Math.floor(count / 5)) break
  }
  await until(millrace, (metrics) => metrics.fired >= count)
  clearInterval(timer)
  return { perSecond: (count / (performance.now() - begin)) * 1000, isInOrder, peakMib: mib(peak) }
}

const begin = performance.now()
const millrace = await connect(`file:${directory}`, { durability: 'process' })
const answer = step === 'fill' ? fill(millrace) : step === 'open' ? open(millrace, begin) : catchUp(millrace)
console.log(JSON.stringify(await answer))
await millrace.close()
