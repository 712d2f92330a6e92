import type { Situation } from '../../src/engines/simulated/broker/observer.ts'
import { simulatedEngine } from '../../src/engines/simulated/client/engine.ts'
import { SimulatedCluster, type SimulatedClusterOptions } from '../../src/engines/simulated/cluster.ts'
import type { Fault } from '../../src/engines/simulated/faults/fault.ts'
import { beginningUnder } from '../../src/engines/simulated/faults/near-wrap.ts'
import { Nemesis } from '../../src/engines/simulated/faults/nemesis.ts'
import { type BrokenInvariant, watchInvariants } from '../../src/engines/simulated/invariants/watch-invariants.ts'
import type { World } from '../../src/engines/simulated/world/world.ts'
import { systemSettle } from '../../src/millrace/system.ts'
import { ok } from '../../src/testing/conformance/calls.ts'
import { seenIn } from '../../src/testing/conformance/records.ts'
import type { Anomaly } from '../../src/testing/history/anomalies.ts'
import { checkHistory } from '../../src/testing/history/check-history.ts'
import type { History } from '../../src/testing/history/history.ts'
import { group, JepsenClients, partitions, topics } from './jepsen-clients.ts'

export interface JepsenPlan {
  readonly seed: number
  readonly faults: readonly Fault[]
  readonly cluster?: Omit<Partial<SimulatedClusterOptions>, 'world'>
  readonly beyondPromise?: boolean
  readonly keepTrace?: boolean
}

export interface JepsenOutcome {
  readonly broken: readonly BrokenInvariant[]
  /** What did not come about. */
  readonly stuck: readonly string[]
  /** What was moved not exactly once. */
  readonly wrong: readonly string[]
  readonly anomalies: readonly Anomaly[]
  readonly reached: ReadonlySet<Situation>
  readonly history: History
  readonly world: World
  /** How many faults have met somebody. */
  readonly count: number
}

const noOptions = {}
const steps = 1_000_000
/** How long the clients are at it; then everything is healed. */
const workMs = 2_500
const healMs = 180_000

/** Clients of all kinds at a cluster with faults; answers all that was promised and not kept. */
export const jepsenRun = async ({
  seed,
  faults,
  cluster: options = noOptions,
  beyondPromise = false,
  keepTrace = false,
}: JepsenPlan): Promise<JepsenOutcome> => {
  const cluster = new SimulatedCluster({
    ...beginningUnder(faults),
    // where its clients begin
    firstOffset: 0,
    ...options,
    world: { seed, settle: systemSettle, keepTrace },
  })
  const { world, supervisor } = cluster
  const broken: BrokenInvariant[] = []
  const stuck: string[] = []
  const violated = (one: BrokenInvariant) => {
    broken.push(one)
    world.keep({ _tag: 'violated', at: one.atMs, what: one.message })
  }
  const reached = watchInvariants(cluster, violated)
  const clients = new JepsenClients(cluster)
  const engine = simulatedEngine(cluster, supervisor)
  const drive = async <A>(work: Promise<A>, forMs: number, what: string): Promise<A | undefined> => {
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    const end = await world.run(() => isOver, { forMs, steps })
    if (isOver) return work
    stuck.push(`${what} (${end})`)
    return undefined
  }
  const whole = async () => {
    const end = await world.run(() => cluster.isWhole, { forMs: healMs, steps })
    if (end !== 'done') stuck.push(`the cluster does not get well (${end})`)
  }

  await whole()
  for (const name of Object.values(topics))
    await drive(ok(engine.topics.create({ name, partitions, config: {} })), healMs, 'topics')
  for (const name of ['producer-1', 'mover-1', 'mover-2', 'reader-1']) clients.start(name)
  const nemesis = new Nemesis({ cluster, clients, faults, beyondPromise })
  await world.run(() => false, { forMs: workMs + lengthOf(faults), steps })
  clients.isQuiet = true
  nemesis.heal()
  await whole()

  const answered = await world.run(() => clients.isAnswered, { forMs: healMs, steps })
  if (answered !== 'done') stuck.push(`the producers have no answers (${answered})`)

  const input = Array.from({ length: partitions }, (_, partition) => ({ topic: topics.input, partition }))
  const drained = async () => {
    for (;;) {
      await new Promise<void>((next) => world.after(supervisor, 250, 'waits', next))
      const ends = await engine.reader.settled(input)()
      const committed = await engine.groups.committed(group, input)()
      if (ends._tag === 'Left' || committed._tag === 'Left') continue
      const isDone = ends.right.every(
        ({ partition, offset }) =>
          offset === 0 || committed.right.some((one) => one.partition === partition && one.offset === offset),
      )
      if (isDone) return true
    }
  }
  if (stuck.length === 0) await drive(drained(), healMs, 'the movers do not get to the end')
  const moved: string[] = []
  const sources: string[] = []
  if (stuck.length === 0) {
    for (const topic of Object.values(topics))
      for (let partition = 0; partition < partitions; partition++) {
        const records = await drive(readTo(engine, topic, partition), healMs, `reading ${topic}-${partition}`)
        const polled = clients.recorder.began('end', { _tag: 'poll', records: [] }, world.now)
        polled.ended('ok', world.now, { _tag: 'poll', records: records ?? [] })
        for (const { value } of records ?? [])
          (topic === topics.input ? sources : moved).push(String(value).split('#')[0] ?? '')
      }
  }
  for (const { name } of clients.processes) clients.kill(name, true)
  const wrong = stuck.length > 0 ? [] : difference(sources, moved)
  const history = clients.recorder.history()
  const anomalies: readonly Anomaly[] =
    stuck.length > 0 ? [] : checkHistory(history, { partitionsBy: 'subscribe' }).anomalies
  return { broken, stuck, wrong, anomalies, reached, history, world, count: nemesis.count }
}

const readTo = async (engine: ReturnType<typeof simulatedEngine>, topic: string, partition: number) => {
  const [end] = await ok(engine.reader.settled([{ topic, partition }]))
  const records: { topic: string; partition: number; offset: number; value: string }[] = []
  let offset = 0
  while (offset < (end?.offset ?? 0)) {
    const request = { positions: [{ topic, partition, offset }], isolation: 'read_committed' as const }
    const fetched = await ok(engine.reader.fetch({ ...request, maxBytes: 1 << 20, maxWaitMs: 100 }))
    for (const one of fetched) {
      for (const seen of seenIn(one, offset)) records.push({ topic, partition, ...seen })
      if (one.failure === undefined) offset = one.nextOffset
    }
  }
  return records
}

/** What was moved not exactly once. */
const difference = (sources: readonly string[], moved: readonly string[]): readonly string[] => {
  const counts = new Map(sources.map((value) => [value, 0]))
  for (const value of moved) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].filter(([, count]) => count !== 1).map(([value, count]) => `${value} was moved ${count} times`)
}

const lengthOf = (faults: readonly Fault[]): number =>
  Math.max(0, ...faults.map(({ atMs, forMs }) => atMs + forMs - workMs))
