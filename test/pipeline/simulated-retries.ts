import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { readRecords } from '../../src/batch/read-records.ts'
import { noHeaders, type RecordHeaders } from '../../src/batch/record-headers.ts'
import { keyText, never } from '../../src/contracts/state-store.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import { Breath } from '../../src/pipeline/breath.ts'
import { type Counters, newCounters } from '../../src/pipeline/counters.ts'
import type { DonePrefix } from '../../src/pipeline/done-prefix.ts'
import type { Sink } from '../../src/pipeline/encoded-output.ts'
import { Judge } from '../../src/pipeline/judge.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import { choosing, deadLetterTopics, type OnError, retriesIn } from '../../src/pipeline/on-error.ts'
import { ParkedGauge } from '../../src/pipeline/parked-gauge.ts'
import { type Described, type Plan, planOf } from '../../src/pipeline/plan.ts'
import { closing, orderOf } from '../../src/pipeline/retry-of-task.ts'
import { parkedName, retryNeeds } from '../../src/pipeline/retry-topics.ts'
import { type RawRecord, type Source, sourceOf } from '../../src/pipeline/source.ts'
import { TaskRunner } from '../../src/pipeline/task-runner.ts'
import { TaskStore } from '../../src/pipeline/task-store.ts'
import { dueAtOf, tokenHeaders, tokenOf } from '../../src/protocol/retry/headers.ts'
import { isStateKey, stateOf } from '../../src/protocol/retry/parked-entries.ts'
import { waitingOf } from '../../src/protocol/retry/parking.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { memoryStore } from '../../src/store/memory-store.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { chunkOf, ManualClock, quiet } from './simulated-task.ts'

/** One record as it was sent. */
export interface Sent {
  readonly key: string | null
  readonly value: unknown
  readonly headers?: RecordHeaders
}

/** An output that was committed. */
export interface Written {
  readonly topic: string
  readonly key: string | null
  readonly value: Uint8Array | null
  readonly headers: RecordHeaders
}

export interface RetryWorldSetup {
  readonly pipeline: Described
  readonly input: readonly Sent[]
  readonly onError: OnError
  readonly concurrency?: number
  readonly outageAfter?: number
  readonly clock?: ManualClock
  /** Names of topics that there are. */
  readonly existing?: readonly string[]
  /** Told before a runner begins. */
  readonly began?: () => void
  /** What a planted mistake does to what is to be committed. */
  readonly tamper?: (prefix: DonePrefix) => DonePrefix
}

/** Where one partition that waits is read, and what lies in it. */
interface TierLog {
  readonly source: Source
  readonly records: RawRecord[]
  offered: number
}

const pipelineName = 'p'
const task = 0

/**
 * One task whose records may come back, without an engine: a log and tiers in memory, commits at the moments that a tape
 * says, which are all or nothing, and crashes, after which all goes on from what is committed.
 */
export class RetryWorld {
  readonly clock: ManualClock
  readonly counters: Counters = newCounters()
  readonly notices: Notice[] = []
  readonly written: Written[] = []
  readonly state: Map<string, Map<string, Uint8Array>> = new Map()
  runner: TaskRunner
  /** How much later than due each came back. */
  readonly cameBack: number[] = []
  /** Of this life of the task. */
  parked: ParkedGauge = new ParkedGauge()
  readonly #o: RetryWorldSetup
  readonly #plan: Plan
  readonly #source: Source
  readonly #log: readonly RawRecord[]
  readonly #tiers: ReadonlyMap<string, TierLog>
  readonly #positions = new Map<string, number>()
  readonly #random = seededRandom(7)
  #fed = 0
  #broken: { readonly error: unknown } | undefined

  constructor(o: RetryWorldSetup) {
    this.#o = o
    this.clock = o.clock ?? new ManualClock()
    const policies = retriesIn(o.onError)
    const described = { name: pipelineName, topics: o.pipeline.topics }
    const { tiers, parked } = retryNeeds(described, policies, o.existing ?? [])
    const ordered = parked === undefined ? [] : [parked]
    this.#plan = planOf(pipelineName, o.pipeline, [...deadLetterTopics(o.onError), ...ordered], tiers)
    const topic = o.pipeline.topics[0] as AnyTopic
    this.#source = sourceOf(topic, task)
    this.#log = o.input.map(({ key, value, headers = noHeaders }, offset) => ({
      offset,
      timestamp: 1_000 + offset,
      key: topic.key.encode(key),
      value: value instanceof Uint8Array ? value : topic.value.encode(value),
      headers,
    }))
    this.#tiers = new Map(
      tiers.map((tier) => [tier.topic.name, { source: sourceOf(tier.topic, task), records: [], offered: 0 }]),
    )
    this.runner = this.#start()
  }

  /** How many records and keys are committed as waiting in order. */
  get parkedEntries(): number {
    return this.state.get(parkedName)?.size ?? 0
  }

  /** What the gauge is to say, by what is committed. */
  get parkedNow(): { readonly records: number; readonly keys: number } {
    const waiting = this.#parkedStates().map(({ value }) => waitingOf(stateOf(value)))
    return {
      records: waiting.reduce((sum, records) => sum + records, 0),
      keys: waiting.filter((one) => one > 0).length,
    }
  }

  /** Records that have come to a tier, with the topic's name. */
  tier(name: string): readonly RawRecord[] {
    return this.#tiers.get(`${pipelineName}--retry-${name}`)?.records ?? []
  }

  /** Puts a record into a tier, as somebody else does. */
  put(tier: string, record: Omit<RawRecord, 'offset'>): void {
    const { records } = this.#tiers.get(`${pipelineName}--retry-${tier}`) as TierLog
    records.push({ ...record, offset: records.length })
  }

  /** A token that has had its turn comes once more, as after a restore from a copy. */
  stray(): void {
    const been = [...this.#tiers.values()]
      .flatMap(({ records, offered }) => records.slice(0, offered))
      .filter(({ headers }) => tokenOf(headers) !== undefined)
      .sort((a, b) => dueAtOf(a.headers) - dueAtOf(b.headers))
    const token = been.at(-1)
    const said = token && tokenOf(token.headers)
    if (token !== undefined && said !== undefined) this.put('now', { ...token, headers: tokenHeaders(said, 0) })
  }

  /** Offers the next `count` records. */
  feed(count: number): void {
    const records = this.#log.slice(this.#fed, this.#fed + count)
    if (records.length === 0) return
    this.#fed += records.length
    this.runner.offer(chunkOf(this.#source, records, 3))
  }

  /** Offers what is due, the earliest first; never before what lies ahead of it in its tier. */
  return(): void {
    for (;;) {
      let first: TierLog | undefined
      for (const tier of this.#tiers.values()) if (dueOf(tier) < dueOf(first)) first = tier
      if (first === undefined || dueOf(first) > this.clock.now()) return
      this.runner.offer(chunkOf(first.source, [first.records[first.offered++] as RawRecord], 1))
    }
  }

  commit(): void {
    const taken = this.runner.take()
    if (taken === undefined) return
    this.#apply(this.#o.tamper?.(taken) ?? taken)
    this.runner.committed(taken)
  }

  /** What is not committed is gone; with `taken`, in the middle of a commit. */
  crash(taken = false): void {
    if (taken) this.runner.take()
    this.runner.close('crashed')
    this.#fed = this.#positions.get(this.#source.topic) ?? 0
    for (const [name, tier] of this.#tiers) tier.offered = this.#positions.get(name) ?? 0
    this.runner = this.#start()
  }

  get isDone(): boolean {
    const isThrough = [...this.#tiers.values()].every(({ records, offered }) => offered === records.length)
    return this.#fed === this.#log.length && isThrough && this.runner.isIdle && !this.runner.hasDone
  }

  /** Lets all that can happen now do so, without any time passing. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 60; turns++) {
      this.feed(1_000)
      this.return()
      await quiet()
      this.#check()
      this.commit()
    }
  }

  /** Goes on until nothing is left, letting time pass; throws where it comes to a stop before that. */
  async finish(onTurn: () => void = () => undefined): Promise<void> {
    for (let idle = 0, turns = 0; idle < 5 && turns < 2_000; turns++) {
      if (idle > 0) this.feed(1_000)
      this.return()
      await quiet()
      this.#check()
      onTurn()
      this.return()
      if (idle > 0) this.commit()
      if (this.isDone) return
      idle = this.#passTime() ? Math.min(idle, 1) : idle + 1
    }
    throw new Error(`stopped: ${[...this.#positions]} of ${this.#log.length}; ${this.notices.at(-1)?.message ?? ''}`)
  }

  /** Moves to the next timer, or the next due record. */
  #passTime(): boolean {
    let due = Number.POSITIVE_INFINITY
    for (const tier of this.#tiers.values()) due = Math.min(due, dueOf(tier))
    if (due < Number.POSITIVE_INFINITY) this.clock.after(Math.max(0, due - this.clock.now()), () => undefined)
    return this.clock.ring()
  }

  #parkedStates(): readonly { readonly key: Uint8Array; readonly value: Uint8Array }[] {
    const entries = [...(this.state.get(parkedName) ?? [])]
    return entries
      .map(([at, value]) => ({ key: Buffer.from(at, 'latin1'), value }))
      .filter(({ key }) => isStateKey(key))
  }

  #check(): void {
    if (this.#broken !== undefined) throw this.#broken.error
  }

  #apply({ outputs, writes, positions }: DonePrefix): void {
    for (let at = 0; at < outputs.count; at++) {
      const { topic } = outputs.sinkOf(at)
      const builder = new BatchBuilder({ compression: 'none' })
      outputs.addTo(builder, at)
      readRecords(builder.build(), ({ key, value, headers, timestamp }) => {
        const record = { key: copyOf(key), value: copyOf(value), headers: headersOf(headers) }
        const tier = this.#tiers.get(topic)
        if (tier !== undefined) tier.records.push({ ...record, timestamp, offset: tier.records.length })
        else this.written.push({ topic, ...record, key: key === null ? null : keyText(key) })
      })
    }
    for (const { store, key, value } of writes) {
      const at = keyText(key)
      const state = this.state.get(store.declaration.name) ?? new Map<string, Uint8Array>()
      this.state.set(store.declaration.name, state)
      if (value === undefined) state.delete(at)
      else state.set(at, value)
    }
    for (const [source, offset] of positions) this.#positions.set(source.topic, offset)
  }

  #start(): TaskRunner {
    const { concurrency = 1, onError, outageAfter = Number.POSITIVE_INFINITY } = this.#o
    const plan = this.#plan
    this.#o.began?.()
    const sinks = new Map<string, Sink>()
    for (const topic of [...plan.outputs.keys(), ...this.#tiers.keys()])
      sinks.set(topic, { topic, recordBytesMax: 1_000_000, isByTask: this.#tiers.has(topic) })
    const stores = new Map<string, TaskStore>()
    this.parked = new ParkedGauge()
    this.parked.begin(this.#parkedStates(), this.clock.now())
    for (const [name, declaration] of plan.stores) {
      const state = memoryStore()
      const changes = [...(this.state.get(name) ?? [])].map(([at, value]) => {
        const key = Buffer.from(at, 'latin1')
        return { key, hash: keyHash(key), value, expiresAt: never }
      })
      state.commit(changes, undefined)
      const changelog = { topic: `${name}-changelog`, recordBytesMax: 1_000_000 }
      stores.set(name, new TaskStore({ declaration, changelog, state, owner: { pipeline: pipelineName, task } }))
    }
    const policies = retriesIn(onError)
    const { judge, succeeded } = new Judge({
      pipeline: pipelineName,
      task,
      choose: choosing(onError),
      closes: closing(policies),
      keepsOrder: stores.has(parkedName),
      outageAfter,
      outputBytesMax: 1e9,
      sinks,
      counters: this.counters,
      clock: this.clock,
      random: { next: this.#random, id: () => new Uint8Array(16) },
      notice: (notice) => this.notices.push(notice),
    })
    return new TaskRunner({
      task,
      plan,
      clock: this.clock,
      breath: new Breath(this.clock),
      sinks,
      stores,
      retry: {
        cameBack: (dueAtMs) => this.cameBack.push(this.clock.now() - dueAtMs),
        tiers: new Set(this.#tiers.keys()),
        order: orderOf(
          { pipeline: pipelineName, sinks, counters: this.counters, clock: this.clock },
          { store: stores.get(parkedName), gauge: this.parked },
          policies,
        ),
      },
      limits: { concurrency, outputBytesMax: 1e9, slowAfterMs: 1e9, timeLimitMs: 1e9 },
      hooks: {
        judge,
        succeeded,
        done: () => undefined,
        hungry: () => undefined,
        notice: (notice) => this.notices.push(notice),
        late: () => undefined,
        broken: (error) => {
          this.#broken = { error }
        },
      },
    })
  }
}

const dueOf = (tier: TierLog | undefined): number => {
  const next = tier?.records[tier.offered]
  return next === undefined ? Number.POSITIVE_INFINITY : dueAtOf(next.headers)
}

const copyOf = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : new Uint8Array(bytes))

const headersOf = (headers: RecordHeaders): RecordHeaders =>
  new Map([...headers].map(([name, value]) => [name, new Uint8Array(value)]))
