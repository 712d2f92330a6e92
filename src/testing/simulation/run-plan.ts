import { bytes } from '../../codec/bytes.ts'
import { nullable } from '../../codec/nullable.ts'
import { topic } from '../../codec/topic.ts'
import type { Engine } from '../../contracts/engine.ts'
import { MillraceError } from '../../contracts/failure.ts'
import { settle } from '../../contracts/settle.ts'
import type { AnyTopic, Topic } from '../../contracts/topic.ts'
import { simulatedEngine } from '../../engines/simulated/client/engine.ts'
import { SimulatedCluster } from '../../engines/simulated/cluster.ts'
import type { World } from '../../engines/simulated/world/world.ts'
import type { Millrace } from '../../millrace/millrace.ts'
import { openMillrace } from '../../millrace/open-millrace.ts'
import type { Running } from '../../pipeline/run.ts'
import { virtualGlobals } from '../virtual-globals/install.ts'
import { OutsideWorld } from '../virtual-globals/outside-world.ts'
import { underWay } from '../virtual-globals/under-way.ts'
import { type App, Apps } from './apps.ts'
import { brokenSends } from './broken-sends.ts'
import type { Evidence, RawRecord } from './evidence.ts'
import type { Outcome, Plan, PlannedRecord, Violation } from './plan.ts'

export interface RunParts {
  readonly plan: Plan
  readonly topics: readonly AnyTopic[]
  readonly app: App
  readonly judge: (evidence: Evidence, atMs: number) => readonly Violation[]
  /** See `WorldOptions`. */
  readonly settle: () => Promise<void>
  /** Keeps what happened, for people to read. */
  readonly keepTrace?: boolean
  /** Prepares the faults: they begin with the application, and are over when the answer is called. */
  readonly faults?: (cluster: SimulatedCluster, apps: Apps, plan: Plan) => () => void
  /** Looks at the cluster while it runs. */
  readonly watch?: (cluster: SimulatedCluster, violated: (violation: Violation) => void) => ReadonlySet<string>
}

/** How long the cluster has to come up, and to get well again, in virtual time; and everything to be done after that. */
const wholeMs = 120_000
const drainMs = 600_000
const steps = 2_000_000
/** How often the harness looks whether everything is done. */
const lookMs = 200
/** How long nothing may have happened where no pipeline runs: longer than a session, so that others have taken over. */
const quietMs = 70_000
/** How long it waits for the pipelines that run before it looks anew which ones do. */
const patienceMs = 5_000

/**
 * Makes a run: the cluster comes up, the application starts, the input is sent and the faults happen; then everything is
 * healed, and all that is there has to be worked off. What was promised and not kept is in the outcome.
 *
 * **Errors** rejects with {@link OutsideWorld} where the program reaches for the network, the disk or another thread, and
 * with a `TypeError` where it begins a run of its own.
 */
export const runPlan = async (parts: RunParts): Promise<Outcome> => {
  const { plan, settle, keepTrace = false } = parts
  const { seed, tape } = plan
  const cluster = new SimulatedCluster({
    ...plan.cluster,
    world: { seed, settle, keepTrace, ...(tape === undefined ? {} : { tape }) },
  })
  const { world } = cluster
  const violations: Violation[] = []
  const violated = (violation: Violation) => {
    if (violations.length < 100) violations.push(violation)
    world.keep({ _tag: 'violated', at: violation.atMs, what: violation.message })
  }
  const reached = parts.watch?.(cluster, violated) ?? new Set<string>()
  const restore = virtualGlobals()
  try {
    await new Run(parts, cluster, violated).toItsEnd()
  } catch (error) {
    if (error instanceof OutsideWorld) throw error
    const message = error instanceof Error ? error.message : String(error)
    violated({ kind: 'broken-invariant', message, atMs: world.now })
  } finally {
    restore()
  }
  const { hash, steps, entries } = world.trace
  return { violations, hash, steps, virtualMs: world.now, tape: world.choices.tape, reached, trace: entries }
}

class Run {
  readonly #parts: RunParts
  readonly #cluster: SimulatedCluster
  readonly #world: World
  readonly #violated: (violation: Violation) => void
  readonly #engine: Engine
  readonly #operator: Millrace
  readonly #apps: Apps
  readonly #underWay = underWay()
  #refused: OutsideWorld | undefined

  constructor(parts: RunParts, cluster: SimulatedCluster, violated: (violation: Violation) => void) {
    this.#parts = parts
    this.#cluster = cluster
    this.#world = cluster.world
    this.#violated = violated
    const process = cluster.supervisor
    const engine = simulatedEngine(cluster, process)
    this.#engine = engine
    const clock = this.#world.clockOf(process)
    const random = this.#world.random(process.name)
    this.#operator = openMillrace({ url: engine.name, engine, clock, random, clientId: process.name, send: {} })
    const { app, plan } = parts
    const refused = (why: OutsideWorld) => {
      this.#refused ??= why
    }
    this.#apps = new Apps({ cluster, app, instances: plan.instances, refused })
    this.#world.watch(this.#refuse)
  }

  async toItsEnd(): Promise<void> {
    const { topics, plan, faults, judge } = this.#parts
    const cluster = this.#cluster
    if (!(await this.#whole('the cluster does not come up'))) return
    await this.#drive(this.#operator.create(...topics), wholeMs, 'the topics could not be created')
    this.#apps.startAll()
    const heal = faults?.(cluster, this.#apps, plan)
    const fed = this.#feed(plan.input)
    // whoever waits for it comes later
    fed.catch(() => {})
    await this.#world.run(() => false, { forMs: lengthOf(plan), steps })
    heal?.()
    if (!(await this.#whole('the cluster does not get well'))) return
    const acknowledged = await this.#drive(fed, drainMs, 'the input could not be sent')
    if (acknowledged === undefined) return
    if ((await this.#drive(this.#drained(), drainMs, this.#whyNotDrained())) === undefined) return
    const evidence = await this.#drive(this.#evidence(), drainMs, 'the topics could not be read')
    this.#apps.end()
    if (evidence === undefined) return
    for (const message of brokenSends(acknowledged.done, this.#cluster.options, topics, evidence.done.topics))
      this.#violated({ kind: 'lost-write', message, atMs: this.#world.now })
    for (const violation of judge(evidence.done, this.#world.now)) this.#violated(violation)
  }

  async #whole(otherwise: string): Promise<boolean> {
    const end = await this.#world.run(() => this.#cluster.isWhole, { forMs: wholeMs, steps })
    if (end !== 'done') this.#stuck(`${otherwise} within ${wholeMs / 1000} virtual seconds (${end})`)
    return end === 'done'
  }

  /** Lets the world go on until `work` is done. */
  async #drive<A>(
    work: Promise<A>,
    forMs: number,
    otherwise: string | (() => string),
  ): Promise<{ done: A } | undefined> {
    let settled: { done: A } | { error: unknown } | undefined
    work.then(
      (done) => {
        settled = { done }
      },
      (error: unknown) => {
        settled = { error }
      },
    )
    const end = await this.#world.run(() => settled !== undefined, { forMs, steps })
    const message = typeof otherwise === 'string' ? otherwise : otherwise()
    if (settled === undefined) this.#stuck(`${message} within ${forMs / 1000} virtual seconds (${end})`)
    else if ('error' in settled) this.#stuck(`${message}: ${messageOf(settled.error)}`)
    else return settled
    return undefined
  }

  #stuck(message: string): void {
    this.#refuse()
    const outside = this.#underWay()
    const hint = outside === '' ? '' : `; outside of the simulation there is still under way: ${outside}`
    this.#violated({ kind: 'stuck', message: message + hint, atMs: this.#world.now })
  }

  /** Whatever the program has made of the refusal. */
  readonly #refuse = (): void => {
    if (this.#refused !== undefined) throw this.#refused
  }

  /** Sends the input; answers what of it was acknowledged. Of the rest nobody knows: the trouble was longer than its patience. */
  async #feed(input: readonly PlannedRecord[]): Promise<readonly PlannedRecord[]> {
    const sends: Promise<readonly PlannedRecord[]>[] = []
    for (const record of input) {
      const { topic: name, key, value, afterMs } = record
      if (afterMs > 0) await this.#wait(afterMs)
      const sent = this.#operator.send(rawTopic(name), [{ key, value }]).then(
        () => [record],
        (error: unknown) => {
          if (error instanceof MillraceError && error.kind !== 'fatal') return []
          throw error
        },
      )
      sent.catch(() => {})
      sends.push(sent)
    }
    return (await Promise.all(sends)).flat()
  }

  /**
   * Resolves once every pipeline has come to the end of all that there is, and nothing more follows from that; of a
   * program without pipelines, or one that does not return, once it has done nothing for long.
   */
  async #drained(): Promise<true> {
    for (let before = ''; ; ) {
      await this.#wait(lookMs)
      const { runs } = this.#apps
      if (runs.length === 0) {
        if (!this.#apps.hasRun && (await this.#isQuiet())) return true
        continue
      }
      // one whose process is killed says nothing any more
      const patience = this.#wait(patienceMs).then(() => false)
      const isCaughtUp = await Promise.race([caughtUp(runs), someRunEnds(runs), patience])
      const after = await this.#ends()
      if (isCaughtUp && after === before && (!this.#apps.isStarting || (await this.#isQuiet()))) return true
      before = after
    }
  }

  /** Whether nothing is written or committed for a while. */
  async #isQuiet(): Promise<boolean> {
    const before = await this.#state()
    await this.#wait(quietMs)
    return (await this.#state()) === before
  }

  async #state(): Promise<string> {
    const committed: string[] = []
    for (const { group } of await settle(this.#engine.groups.describe())) {
      const offsets = await this.#engine.groups.committed(group)()
      // a transaction is undecided: in a while it is not any more
      if (offsets._tag === 'Left') committed.push(`${this.#world.now}`)
      else
        for (const { topic, partition, offset } of offsets.right)
          committed.push(`${group} ${topic}-${partition} ${offset}`)
    }
    return `${await this.#ends()} ${committed.sort().join()}`
  }

  /** Where all topics end, as a committed reader sees it. */
  async #ends(): Promise<string> {
    const { reader, topics } = this.#engine
    const there = await settle(topics.describe(this.#parts.topics.map(({ name }) => name)))
    const queries = there.flatMap(({ name: topic, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: 'latest' as const })),
    )
    const ends = await settle(reader.offsets(queries, 'read_committed'))
    return ends.map(({ offset }) => offset).join()
  }

  async #evidence(): Promise<Evidence> {
    const topics = new Map<string, readonly RawRecord[]>()
    for (const { name } of this.#parts.topics) {
      const records: RawRecord[] = []
      for await (const record of this.#operator.read(rawTopic(name), { until: 'latest' })) records.push(record)
      topics.set(name, records)
    }
    return { topics, appendedMs: (position) => this.#cluster.appendedMs(position) }
  }

  #whyNotDrained(): () => string {
    return () => {
      const [last] = this.#apps.ends
      const running = `${this.#apps.runs.length} pipelines are running`
      const why =
        last === undefined ? running : `${running}; ${last.process} has ended last with: ${messageOf(last.why)}`
      return `not everything that was sent was worked off (${why})`
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.after(this.#cluster.supervisor, ms, 'waits', resolve)
    })
  }
}

const caughtUp = (runs: readonly Running[]): Promise<boolean> =>
  Promise.all(runs.map((running) => running.caughtUp())).then(
    () => true,
    () => false,
  )

const someRunEnds = (runs: readonly Running[]): Promise<boolean> =>
  Promise.race(runs.map(({ done }) => done)).then(
    () => false,
    () => false,
  )

/** A topic as it lies in the log. */
export const rawTopic = (name: string): Topic<Uint8Array | null, Uint8Array | null> =>
  topic(name, { key: nullable(bytes), value: nullable(bytes) })

/** How long faults and input take, with a little more for what follows from them. */
const lengthOf = ({ input, faults }: Plan): number => {
  const feeding = input.reduce((sum, { afterMs }) => sum + afterMs, 0)
  const faulty = faults.reduce((latest, { atMs, forMs }) => Math.max(latest, atMs + forMs), 0)
  return Math.max(feeding, faulty) + 100
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
