import { bytes } from '../../codec/bytes.ts'
import { nullable } from '../../codec/nullable.ts'
import { topic } from '../../codec/topic.ts'
import { MillraceError } from '../../contracts/failure.ts'
import type { AnyTopic, Topic } from '../../contracts/topic.ts'
import type { World } from '../../engines/simulated/world/world.ts'
import type { Millrace } from '../../millrace/millrace.ts'
import { openMillrace } from '../../millrace/open-millrace.ts'
import type { Midway } from '../midway/judge-midway.ts'
import { virtualGlobals } from '../virtual-globals/install.ts'
import { OutsideWorld } from '../virtual-globals/outside-world.ts'
import { underWay } from '../virtual-globals/under-way.ts'
import { type App, Apps } from './apps.ts'
import { brokenSends } from './broken-sends.ts'
import { Drain } from './drain.ts'
import type { Evidence, RawRecord } from './evidence.ts'
import { outgoingOf } from './outgoing-of.ts'
import type { Outcome, Plan, PlannedRecord, Violation } from './plan.ts'
import { RunOver } from './run-over.ts'
import type { Setting } from './setting.ts'
import type { Stage, Staged } from './stage.ts'
import { wait } from './wait.ts'

export interface RunParts {
  readonly plan: Plan
  readonly topics: readonly AnyTopic[]
  readonly app: App
  readonly judge: (evidence: Evidence, atMs: number) => readonly Violation[]
  /** What was not so on the way there. */
  readonly judgeMidway?: (midway: Midway) => readonly Violation[]
  /** See `WorldOptions`. */
  readonly settle: () => Promise<void>
  /** Keeps what happened, for people to read. */
  readonly keepTrace?: boolean
  /** Where it takes place. Its faults begin with the application. */
  readonly stage: Stage
}

/** How long a setting has to come up, and to get well again, in virtual time; and everything to be done after that. */
const wholeMs = 120_000
const drainMs = 600_000
const steps = 2_000_000

/**
 * Makes a run: its setting comes up, the application starts, the input is sent and the faults happen; then everything is
 * healed, and all that is there has to be worked off. What was promised and not kept is in the outcome.
 *
 * **Errors** rejects with {@link OutsideWorld} where the program reaches for the network, the disk or another thread, and
 * with a `TypeError` where it begins a run of its own.
 */
export const runPlan = async (parts: RunParts): Promise<Outcome> => {
  const { plan, settle, keepTrace = false, stage } = parts
  const { seed, tape } = plan
  const violations: Violation[] = []
  const violated = (violation: Violation) => {
    if (violations.length < 100) violations.push(violation)
    world.keep({ _tag: 'violated', at: violation.atMs, what: violation.message })
  }
  const staged = stage(plan, { seed, settle, keepTrace, ...(tape === undefined ? {} : { tape }) }, violated)
  const { setting, reached } = staged
  const { world } = setting
  const restore = virtualGlobals()
  try {
    await new Run(parts, staged, violated).toItsEnd()
  } catch (error) {
    if (error instanceof OutsideWorld) throw error
    if (!(error instanceof RunOver)) violated({ kind: 'broken-invariant', message: messageOf(error), atMs: world.now })
  } finally {
    // what the program has begun and nobody waits for ends while it still is the program's
    await settle()
    restore()
  }
  const { hash, steps, entries } = world.trace
  const trace = entries.toSorted((a, b) => a.at - b.at)
  return { violations, hash, steps, virtualMs: world.now, tape: world.choices.tape, reached, trace }
}

class Run {
  readonly #parts: RunParts
  readonly #staged: Staged
  readonly #setting: Setting
  readonly #world: World
  readonly #violated: (violation: Violation) => void
  readonly #operator: Millrace
  readonly #apps: Apps
  readonly #drain: Drain
  readonly #underWay = underWay()
  #refused: OutsideWorld | undefined

  constructor(parts: RunParts, staged: Staged, violated: (violation: Violation) => void) {
    const { setting } = staged
    this.#parts = parts
    this.#staged = staged
    this.#setting = setting
    this.#world = setting.world
    this.#violated = violated
    const { engine, supervisor: process } = setting
    const clock = this.#world.clockOf(process)
    const random = this.#world.random(process.name)
    this.#operator = openMillrace({ url: engine.name, engine, clock, random, clientId: process.name, send: {} })
    const { app, plan } = parts
    const refused = (why: OutsideWorld) => {
      this.#refused ??= why
    }
    this.#apps = new Apps({ setting, app, instances: plan.instances, refused })
    const topics = parts.topics.map(({ name }) => name)
    this.#drain = new Drain({ setting, programs: () => this.#apps, topics })
    this.#world.watch(this.#refuse)
  }

  async toItsEnd(): Promise<void> {
    const { topics, plan, judge } = this.#parts
    const { name, wantsTopics, keepsSends } = this.#setting
    if (wantsTopics) {
      if (!(await this.#whole(`${name} does not come up`))) return
      await this.#drive(this.#operator.create(...topics), wholeMs, 'the topics could not be created')
    }
    this.#apps.startAll()
    const heal = this.#staged.bringFaults(this.#apps)
    const fed = this.#feed(plan.input)
    // whoever waits for it comes later
    fed.catch(() => {})
    await this.#world.run(() => false, { forMs: lengthOf(plan), steps })
    heal()
    if (!(await this.#whole(`${name} does not get well`))) return
    const acknowledged = await this.#drive(fed, drainMs, 'the input could not be sent')
    if (acknowledged === undefined) return
    const undone = () => `not everything that was sent was worked off (${this.#drain.state})`
    const withinMs = drainMs + this.#drain.awaitedMs
    if ((await this.#drive(this.#drain.drained(), withinMs, undone)) === undefined) return
    const evidence = await this.#drive(this.#evidence(), drainMs, 'the topics could not be read')
    this.#apps.end()
    if (evidence === undefined) return
    if (keepsSends)
      for (const message of brokenSends(acknowledged.done, topics, evidence.done.topics))
        this.#violated({ kind: 'lost-write', message, atMs: this.#world.now })
    const broken = judge(evidence.done, this.#world.now)
    const known = new Set(broken.map(({ kind }) => kind))
    // what is wrong in the end is told by how it is then
    for (const violation of this.#midway(evidence.done)) if (!known.has(violation.kind)) this.#violated(violation)
    for (const violation of broken) this.#violated(violation)
  }

  /** What was wrong on the way. */
  #midway(evidence: Evidence): readonly Violation[] {
    const { plan, topics, judgeMidway } = this.#parts
    const moments = this.#staged.moments(new Set(topics.map(({ name }) => name)), evidence)
    if (judgeMidway === undefined || moments === undefined) return []
    const fed = new Set(plan.input.map(({ topic }) => topic))
    return judgeMidway({ pipelines: this.#apps.pipelines, moments, fed })
  }

  async #whole(otherwise: string): Promise<boolean> {
    const end = await this.#world.run(() => this.#setting.isWhole, { forMs: wholeMs, steps })
    if (end !== 'done')
      this.#stuck(`${otherwise} within ${wholeMs / 1000} virtual seconds (${end}; ${this.#drain.state})`)
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
      const { topic: name, afterMs } = record
      if (afterMs > 0) await wait(this.#world, this.#setting.supervisor, afterMs)
      const sent = this.#operator.send(rawTopic(name), [outgoingOf(record, this.#world.wallMs)]).then(
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

  async #evidence(): Promise<Evidence> {
    const topics = new Map<string, readonly RawRecord[]>()
    for (const { name } of this.#parts.topics) {
      const records: RawRecord[] = []
      for await (const record of this.#operator.read(rawTopic(name), { until: 'latest' })) records.push(record)
      topics.set(name, records)
    }
    return { topics, appendedMs: (position) => this.#setting.appendedMs(position) }
  }
}

/** A topic as it lies in the log. */
const rawTopic = (name: string): Topic<Uint8Array | null, Uint8Array | null> =>
  topic(name, { key: nullable(bytes), value: nullable(bytes) })

/** How long faults and input take, with a little more for what follows from them. */
const lengthOf = ({ input, faults }: Plan): number => {
  const feeding = input.reduce((sum, { afterMs }) => sum + afterMs, 0)
  const faulty = faults.reduce((latest, { atMs, forMs }) => Math.max(latest, atMs + forMs), 0)
  return Math.max(feeding, faulty) + 100
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
