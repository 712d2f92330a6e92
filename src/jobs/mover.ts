import { bytes } from '../codec/bytes.ts'
import { topicsOf } from '../codec/delayed.ts'
import { jobHeader, numberHeader, ownHeadersLeftOut } from '../codec/job-headers.ts'
import { markHeaders } from '../codec/job-mark.ts'
import { markIn } from '../codec/mark-reader.ts'
import { nullable } from '../codec/nullable.ts'
import { statePlace } from '../codec/store.ts'
import { text } from '../codec/text.ts'
import { utf8 } from '../codec/utf-8.ts'
import { Carrier } from '../contracts/carrier.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import { mapEach, type Need } from '../contracts/probe.ts'
import { refuseUncarried } from '../contracts/refusal.ts'
import type { StoreDeclaration, StoreView } from '../contracts/store.ts'
import type { Barrier, Tier } from '../contracts/tier.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import type { Skim } from '../pipeline/skim.ts'
import { type Pipeline, stream } from '../pipeline/stream.ts'
import { type JobEffect, stepJob, surfaced } from '../protocol/delay/job.ts'
import type { JobCommand, JobState } from '../protocol/delay/job-state.ts'
import { hopAt } from '../protocol/delay/ladder.ts'
import { answerCodec } from './answer-codec.ts'
import type { JobCounters } from './job-metrics.ts'
import { jobStateCodec } from './job-state-codec.ts'
import { jobTiersOf } from './job-tiers.ts'
import { plantedIn } from './mover-mutant.ts'
import type { MovingParts } from './moving-parts.ts'
import { OverdueGuard } from './overdue-guard.ts'
import { type RawRecord, readCommand } from './read-command.ts'
import { rulesOf, tierWaits } from './rules.ts'
import { skimJobs } from './skim-jobs.ts'
import { TierOrder } from './tier-order.ts'

/** The state of each id that is known. Its keys are ids in bytes. */
export const jobsStore: StoreDeclaration<Uint8Array, JobState> = { name: 'jobs', key: bytes, value: jobStateCodec }

/** What moves the jobs of one delayed: a pipeline over its commands, and the tiers in which they wait. */
export interface Mover {
  readonly pipeline: Pipeline<readonly [AnyTopic], unknown>
  readonly tiers: readonly Tier[]
  readonly barrier?: Barrier
  readonly skim: Skim
}

export const moverOf = (of: AnyDelayed, counters: JobCounters): Mover => {
  const mutant = plantedIn(of)
  // without a barrier nobody would take from it
  const guard = new OverdueGuard(mutant === 'out-of-turn' || mutant === 'cancel-unread')
  const earlyMs = mutant === 'fired-early' ? earlyByMs : 0
  const rules = rulesOf(of)
  const tiers = jobTiersOf(of)
  const parts: MovingParts = {
    rules: mutant === 'cancel-ahead-lost' ? { ...rules, aheadMs: 0 } : rules,
    tiers,
    counters,
    guard,
    order: new TierOrder(tierWaits(of).values()),
    earlyMs,
  }
  const work = new Moving(of, parts)
  return {
    pipeline: stream(topicsOf(of).commands).pipe(mapEach(work.step, work.needs)),
    tiers: tiers.tiers.map((tier) => ({ ...tier, dueAt: (record) => tier.dueAt(record) - earlyMs })),
    ...(mutant === 'cancel-unread' ? {} : { barrier: guard }),
    skim: skimJobs({ ...parts, store: jobsStore.name, commands: topicsOf(of).commands, target: of.to }),
  }
}

const earlyByMs = 1_000

/** What one mover does with each record. */
class Moving {
  readonly needs: readonly Need[]
  readonly #o: MovingParts
  readonly #commands: AnyTopic
  readonly #target: AnyTopic
  readonly #answers: AnyTopic
  readonly #jobs: typeof jobsStore
  readonly #store: Need

  constructor(of: AnyDelayed, parts: MovingParts) {
    const { commands, answers } = topicsOf(of)
    this.#o = parts
    this.#jobs = { ...jobsStore, ...statePlace(`delayed('${of.name}', …)`, of) }
    this.#store = { _tag: 'store', store: this.#jobs }
    this.#commands = commands
    this.#target = { ...of.to, key: nullable(bytes), value: nullable(bytes) }
    this.#answers = { ...answers, key: text, value: answerCodec }
    const outputs = [this.#target, this.#answers, this.#commands, ...parts.tiers.tiers.map(({ topic }) => topic)]
    this.needs = [this.#store, ...outputs.map((topic): Need => ({ _tag: 'output', topic }))]
  }

  readonly step = (record: RawRecord): RawRecord => {
    const carrier = Carrier.of(record) ?? refuseUncarried(this.#store, record)
    if (record.topic === this.#commands.name) this.#asked(carrier, record)
    else this.#surfaced(carrier, record)
    return record
  }

  #asked(carrier: Carrier, record: RawRecord): void {
    const now = carrier.now()
    const { rules } = this.#o
    const { command, ...said } = readCommand(record)
    const view = carrier.store(this.#jobs, record)
    const before = view.get()
    const [state, effects] = stepJob(rules, before, this.#inOrder(record, command), now)
    if (state !== before) keep(view, state)
    for (const effect of effects) this.#do(carrier, { record, ...said }, effect, now)
  }

  /** Without its tier, where it would be waited for there behind what is due later. */
  #inOrder({ partition }: RawRecord, command: JobCommand): JobCommand {
    if (command._tag !== 'schedule' || command.waitMs === undefined) return command
    const { waitMs, dueMs } = command
    return this.#o.order.takes(partition, waitMs, dueMs) ? command : { ...command, waitMs: undefined }
  }

  #surfaced(carrier: Carrier, record: RawRecord): void {
    const { rules, tiers, guard, earlyMs } = this.#o
    const now = carrier.now() + earlyMs
    const mark = markIn(record.headers)
    const what = {
      gen: mark?.gen ?? -1,
      dueMs: tiers.dueOf(record.topic, record),
      isFromRung: (mark?.hopMs ?? -1) >= 0,
      // once behind what is on its way is enough: it comes back behind that
      notBeyondMs: mark?.isLate === true ? Number.POSITIVE_INFINITY : guard.of(record.partition),
    }
    if (mark === undefined || mark.gen < 0)
      return this.#unnamed(carrier, record, surfaced(rules, what, now), what.dueMs)
    const view = carrier.store(this.#jobs, record)
    const before = view.get()
    const [state, effects] = stepJob(rules, before, { _tag: 'surfaced', ...what }, now)
    if (state !== before) keep(view, state)
    const job = { record, key: mark.keyOf(record.key), series: mark.series }
    for (const effect of effects) this.#do(carrier, job, effect, now)
  }

  /** Of a job without an id, out of a tier. One that is to wait for another while becomes a job of an id: it may come twice. */
  #unnamed(carrier: Carrier, record: RawRecord, effect: JobEffect, dueMs: number): void {
    const { key, value } = record
    const others = ownHeadersLeftOut(record.headers)
    this.#o.counters.count(effect, carrier.now(), true)
    if (effect._tag === 'fire') {
      const headers = others.set(jobHeader.due, numberHeader(dueMs))
      return carrier.emit(this.#target, { key, value, headers, timestamp: dueMs })
    }
    const id = utf8(carrier.unique())
    this.#o.guard.add(record.partition, dueMs)
    const headers = markHeaders({ what: 'schedule', dueMs, key }, id, others)
    carrier.emit(this.#commands, { key: id, value, headers, timestamp: carrier.now() })
  }

  #do(carrier: Carrier, job: JobRecord, effect: JobEffect, now: number): void {
    const isHop = job.record.topic !== this.#commands.name
    this.#o.counters.count(effect, now, isHop)
    switch (effect._tag) {
      case 'route':
        return this.#route(carrier, job, effect, now)
      case 'fire':
        return this.#fire(carrier, job, effect)
      case 'answer': {
        const { command: key, answer: value } = effect
        return carrier.emit(this.#answers, { key, value, headers: noHeaders, timestamp: now })
      }
      case 'drop':
      case 'told':
        return
    }
  }

  #route(
    carrier: Carrier,
    { record, key, series }: JobRecord,
    { place, gen, dueMs }: JobEffect & { readonly _tag: 'route' },
    now: number,
  ): void {
    const hopMs = place._tag === 'rung' ? hopAt(place, dueMs, now) : undefined
    const isOverdue = dueMs <= now
    this.#o.guard.add(record.partition, hopMs ?? dueMs)
    const isLate = isOverdue && record.topic !== this.#commands.name
    const { key: id, value } = record
    const others = record.headers.size === 1 ? noHeaders : ownHeadersLeftOut(record.headers)
    const headers = markHeaders({ what: 'wait', dueMs, gen, hopMs, key, series, isLate }, id, others)
    carrier.emit(this.#o.tiers.topicOf(place), { key: id, value, headers, timestamp: now })
  }

  /** At the time at which it was due: what is done again is the same again. */
  #fire(carrier: Carrier, { record, key }: JobRecord, { gen, dueMs }: JobEffect & { readonly _tag: 'fire' }): void {
    const headers = ownHeadersLeftOut(record.headers).set(jobHeader.due, numberHeader(dueMs))
    if (record.key !== null) headers.set(jobHeader.job, record.key).set(jobHeader.gen, numberHeader(gen))
    carrier.emit(this.#target, { key, value: record.value, headers, timestamp: dueMs })
  }
}

/** A record about a job of an id, and what it says. */
interface JobRecord {
  readonly record: RawRecord
  /** Of the record in the target. */
  readonly key: Uint8Array | null
  readonly series: string | undefined
}

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

const keep = (view: StoreView<JobState>, state: JobState | undefined): void => {
  if (state !== undefined && 'untilMs' in state) view.set(state, { expiresAt: state.untilMs })
  else view.set(state)
}
