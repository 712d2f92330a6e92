import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { readRecords } from '../../src/batch/read-records.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { keyText, never } from '../../src/contracts/state-store.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import { Breath } from '../../src/pipeline/breath.ts'
import type { DonePrefix } from '../../src/pipeline/done-prefix.ts'
import type { Sink } from '../../src/pipeline/encoded-output.ts'
import type { Chunk, Cursor } from '../../src/pipeline/feed.ts'
import { applyWrites } from '../../src/pipeline/keep-state.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import type { Plan } from '../../src/pipeline/plan.ts'
import { type RawRecord, type Source, sourceOf } from '../../src/pipeline/source.ts'
import { TaskRunner } from '../../src/pipeline/task-runner.ts'
import { TaskStore } from '../../src/pipeline/task-store.ts'
import type { FailedAttempt, Verdict } from '../../src/pipeline/verdict.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { memoryStore } from '../../src/store/memory-store.ts'

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

/** What one task reads, in order of arrival. */
export interface Input {
  readonly topic: AnyTopic
  readonly key: unknown
  readonly value: unknown
}

export interface Committed {
  /** `topic key=value`, in order. */
  readonly outputs: string[]
  readonly state: Map<string, Map<string, Uint8Array>>
  readonly positions: Map<string, number>
  records: number
}

/** Time that moves only when nothing else is left to do. */
export class ManualClock implements Clock {
  #nowMs = 0
  #sequence = 0
  #timers: { readonly at: number; readonly sequence: number; readonly ring: () => void }[] = []
  readonly now = (): number => 1_000_000 + this.#nowMs
  readonly elapsed = (): number => this.#nowMs
  readonly after = (delayMs: number, ring: () => void): (() => void) => {
    const timer = { at: this.#nowMs + delayMs, sequence: this.#sequence++, ring }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }
  /** So much time passes in the middle of whatever runs. */
  spend(ms: number): void {
    this.#nowMs += ms
  }
  /** Rings the next timer; false where there is none. */
  ring(): boolean {
    const next = this.#timers.sort((a, b) => a.at - b.at || a.sequence - b.sequence).shift()
    if (next === undefined) return false
    this.#nowMs = Math.max(this.#nowMs, next.at)
    next.ring()
    return true
  }
}

/** Lets every promise that can settle do so. */
export const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const encoded = (topic: AnyTopic, { key, value }: Input, offset: number): RawRecord => ({
  offset,
  timestamp: 1_000 + offset,
  key: topic.key.encode(key),
  value: topic.value.encode(value),
  headers: noHeaders,
})

export interface Setup {
  readonly plan: Plan
  readonly task: number
  readonly input: readonly Input[]
  readonly concurrency: number
  readonly outputBytesMax?: number
  readonly timeLimitMs?: number
  readonly judge?: (failed: FailedAttempt) => Verdict
  readonly clock?: ManualClock
}

/** A task without an engine: a log in memory, commits at the moments that a tape says, and crashes. */
export class SimulatedTask {
  readonly clock: ManualClock
  readonly committed: Committed = { outputs: [], state: new Map(), positions: new Map(), records: 0 }
  readonly notices: Notice[] = []
  readonly late: string[] = []
  readonly #o: Setup
  readonly #sources = new Map<string, Source>()
  readonly #log: { readonly source: Source; readonly raw: RawRecord }[] = []
  runner: TaskRunner
  broken: unknown
  #fed = 0

  constructor(o: Setup) {
    this.#o = o
    this.clock = o.clock ?? new ManualClock()
    for (const topic of o.plan.topics) this.#sources.set(topic.name, sourceOf(topic, o.task))
    const ends = new Map<string, number>()
    for (const input of o.input) {
      const source = this.#sources.get(input.topic.name) as Source
      const offset = ends.get(input.topic.name) ?? 0
      ends.set(input.topic.name, offset + 1)
      this.#log.push({ source, raw: encoded(input.topic, input, offset) })
    }
    this.runner = this.#start()
  }

  get isFed(): boolean {
    return this.#fed === this.#log.length
  }

  /** Offers the next `count` records, a chunk for each run of one topic, each cut into batches of `batch`. */
  feed(count: number, batch = 3): void {
    const upTo = Math.min(this.#log.length, this.#fed + count)
    while (this.#fed < upTo) {
      const from = this.#fed
      const { source } = this.#log[from] as { source: Source }
      while (this.#fed < upTo && this.#log[this.#fed]?.source === source) this.#fed += 1
      const records = this.#log.slice(from, this.#fed).map(({ raw }) => raw)
      this.runner.offer(chunkOf(source, records, batch))
    }
  }

  commit(): void {
    const prefix = this.runner.take()
    if (prefix === undefined) return
    this.#apply(prefix)
    void applyWrites(prefix)
    this.runner.committed(prefix)
  }

  /** Everything that is not committed is gone; reads on from what is. */
  crash(): void {
    this.runner.close('crashed')
    this.runner = this.#start()
    // arrival order of what was not committed stays as it was: between topics it is not the pipeline's to choose
    const rest = this.#log.findIndex(
      ({ source, raw }) => raw.offset >= (this.committed.positions.get(source.topic) ?? 0),
    )
    this.#fed = rest < 0 ? this.#log.length : rest
  }

  get isDone(): boolean {
    return this.isFed && this.runner.isIdle && !this.runner.hasDone
  }

  #apply({ outputs, writes, positions, records }: DonePrefix): void {
    for (let at = 0; at < outputs.count; at++) {
      const builder = new BatchBuilder({ compression: 'none' })
      outputs.addTo(builder, at)
      readRecords(builder.build(), ({ key, value }) =>
        this.committed.outputs.push(`${outputs.sinkOf(at).topic} ${text(key)}=${text(value)}`),
      )
    }
    for (const { store, key, value } of writes) {
      const at = keyText(key)
      const state = this.committed.state.get(store.declaration.name) ?? new Map<string, Uint8Array>()
      this.committed.state.set(store.declaration.name, state)
      if (value === undefined) state.delete(at)
      else state.set(at, value)
    }
    for (const [source, offset] of positions) this.committed.positions.set(source.topic, offset)
    this.committed.records += records
  }

  #start(): TaskRunner {
    const { plan, task, concurrency, outputBytesMax = 1e9, timeLimitMs = 60_000 } = this.#o
    const sinks = new Map<string, Sink>()
    for (const topic of plan.outputs.keys()) sinks.set(topic, { topic, recordBytesMax: 1_000_000 })
    const stores = new Map<string, TaskStore>()
    for (const [name, declaration] of plan.stores) {
      const state = memoryStore()
      const changes = [...(this.committed.state.get(name) ?? [])].map(([at, value]) => {
        const key = Buffer.from(at, 'latin1')
        return { key, hash: keyHash(key), value, expiresAt: never }
      })
      state.commit(changes, undefined)
      const changelog = { topic: `${name}-changelog`, recordBytesMax: 1_000_000 }
      stores.set(name, new TaskStore({ declaration, changelog, state, owner: { pipeline: plan.name, task } }))
    }
    return new TaskRunner({
      task,
      plan,
      clock: this.clock,
      breath: new Breath(this.clock),
      sinks,
      stores,
      limits: { concurrency, outputBytesMax, slowAfterMs: 10_000, timeLimitMs },
      hooks: {
        judge: this.#o.judge ?? (() => ({ _tag: 'again', afterMs: 10 })),
        succeeded: () => undefined,
        done: () => undefined,
        hungry: () => undefined,
        notice: (notice) => this.notices.push(notice),
        late: (error) => this.late.push(error.message),
        broken: (error) => {
          this.broken = error
        },
      },
    })
  }

  /** Feeds and commits all there is, letting time pass; throws where it comes to a stop before that. */
  async finish(onTurn: () => void = () => undefined): Promise<Committed> {
    for (let idle = 0; idle < 3; ) {
      if (!this.isFed) this.feed(1_000)
      await quiet()
      if (this.broken !== undefined) throw this.broken
      onTurn()
      this.commit()
      if (this.isDone) return this.committed
      idle = this.clock.ring() ? 0 : idle + 1
    }
    throw new Error(`stopped after ${this.committed.records} of ${this.#log.length} records`)
  }
}

const text = (bytes: Uint8Array | null): string => (bytes === null ? '-' : keyText(bytes))

export const chunkOf = (source: Source, records: readonly RawRecord[], batch: number): Chunk => ({
  source,
  from: records[0]?.offset ?? 0,
  nextOffset: (records.at(-1)?.offset ?? -1) + 1,
  sizeBytes: records.length * 100,
  // a batch begins a little before what is wanted, as batches in a log do
  open: (at) =>
    at * batch >= records.length ? undefined : cursorOf(records.slice(Math.max(0, at * batch - 1), (at + 1) * batch)),
})

const cursorOf = (records: readonly RawRecord[]): Cursor => {
  let at = -1
  const current = (): RawRecord => records[at] as RawRecord
  return {
    next: () => ++at < records.length,
    get offset() {
      return current().offset
    },
    get timestamp() {
      return current().timestamp
    },
    get key() {
      return current().key
    },
    get value() {
      return current().value
    },
    get headers() {
      return current().headers
    },
  }
}
