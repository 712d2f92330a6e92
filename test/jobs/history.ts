import * as fc from 'fast-check'
import * as t from 'io-ts'
import { expect } from 'vitest'
import { delayed } from '../../src/codec/delayed.ts'
import { idRecord, scheduleRecord } from '../../src/codec/job-command.ts'
import { utf8 } from '../../src/codec/utf-8.ts'
import { bytes, type Delayed, MillraceError, type Topic, topic } from '../../src/index.ts'
import { type MoverMutant, without } from '../../src/jobs/mover-mutant.ts'
import { keyedPartition } from '../../src/protocol/client/partitioner.ts'
import { JobsWorld } from './jobs-world.ts'

/** Stamped when it is written: that is when a job has fired. */
export const fired: Topic<string, number, 'fired'> = topic('fired', {
  key: t.string,
  value: t.number,
  config: { 'message.timestamp.type': 'LogAppendTime' },
})
export const later: Delayed<string, number, '5s' | '1m'> = delayed('later', {
  to: fired,
  tiers: ['5s', '1m'],
  partitions: 2,
})

export type Action =
  | { readonly _tag: 'schedule'; readonly id: string; readonly when: '5s' | '1m' | number }
  | { readonly _tag: 'cancel'; readonly id: string }
  | { readonly _tag: 'reschedule'; readonly id: string; readonly inMs: number }
  | { readonly _tag: 'pass'; readonly ms: number }
  | { readonly _tag: 'set-clock'; readonly byMs: number }
  /** The process dies `afterMs` after something was asked of it, and comes back later. */
  | {
      readonly _tag: 'die'
      readonly asking: 'schedule' | 'cancel'
      readonly id: string
      readonly afterMs: number
      readonly how: 'kill' | 'power'
      readonly awayMs: number
    }
  /** A cancellation is in the log before the job is due, and nobody reads it, nor the much before it, until so long after. */
  | { readonly _tag: 'cancel-unread'; readonly id: string; readonly lateMs: number }

const id = fc.constantFrom('a', 'b', 'c', 'd')
const wait = fc.oneof(fc.constantFrom(1, 5_000, 60_000), fc.integer({ min: 0, max: 90_000 }))

const kinds = {
  schedule: fc.record({
    _tag: fc.constant('schedule'),
    id,
    when: fc.oneof(fc.constantFrom('5s', '1m'), wait),
  }),
  cancel: fc.record({ _tag: fc.constant('cancel'), id }),
  reschedule: fc.record({ _tag: fc.constant('reschedule'), id, inMs: wait }),
  pass: fc.record({ _tag: fc.constant('pass'), ms: wait }),
  setClock: fc.record({ _tag: fc.constant('set-clock'), byMs: fc.integer({ min: -60_000, max: 60_000 }) }),
  die: fc.record({
    _tag: fc.constant('die'),
    asking: fc.constantFrom('schedule', 'cancel'),
    id,
    afterMs: fc.nat(12),
    how: fc.constantFrom('kill', 'power'),
    awayMs: wait,
  }),
  cancelUnread: fc.record({ _tag: fc.constant('cancel-unread'), id, lateMs: wait }),
}

export const histories: fc.Arbitrary<readonly Action[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: kinds.schedule },
    { weight: 2, arbitrary: kinds.cancel },
    { weight: 1, arbitrary: kinds.reschedule },
    { weight: 3, arbitrary: kinds.pass },
    { weight: 1, arbitrary: kinds.setClock },
    { weight: 2, arbitrary: kinds.die },
    { weight: 1, arbitrary: kinds.cancelUnread },
  ) as fc.Arbitrary<Action>,
  { maxLength: 14 },
)

/** What is known of one id from outside. */
interface Id {
  /** Those of which one may wait, or have fired. */
  possible: readonly number[]
  /** One of them does, or has. */
  isCertain: boolean
}

interface Scheduled {
  readonly id: string
  /** Unknown where no answer has said so. */
  dueMs: number | undefined
  /** When it was known to be scheduled so. */
  knownMs: number
  /** By what was answered it has not fired, and never will. */
  isOver: boolean
}

/** Does what a history says, and holds what comes of it to what was answered. */
export class History {
  readonly #world: JobsWorld
  readonly #later: typeof later
  readonly #ids = new Map<string, Id>()
  readonly #scheduled: Scheduled[] = []
  #isClockRight = true

  constructor(seed: number, mutant?: MoverMutant) {
    this.#world = new JobsWorld(seed)
    this.#later = mutant === undefined ? later : without(mutant, later)
  }

  /** **Errors** rejects with what does not hold. */
  async play(actions: readonly Action[]): Promise<void> {
    const world = this.#world
    await world.open()
    await world.create(fired)
    await world.moving(this.#later)
    for (const action of actions) await this.#do(action)
    await world.pass(400_000)
    await this.#judge()
    expect(world.warnings).toEqual([])
    await world.close()
  }

  async #do(action: Action): Promise<void> {
    const world = this.#world
    switch (action._tag) {
      case 'schedule':
        return this.#schedule(action.id, action.when)
      case 'cancel':
        return this.#heard(action.id, await world.while(world.millrace.jobs(this.#later).cancel(action.id)))
      case 'reschedule':
        return this.#reschedule(action.id, world.now + action.inMs)
      case 'pass':
        return world.pass(action.ms)
      case 'set-clock':
        this.#isClockRight = false
        return world.clock.step(action.byMs)
      case 'die':
        return this.#die(action)
      case 'cancel-unread':
        return this.#cancelUnread(action.id, action.lateMs)
    }
  }

  async #schedule(id: string, when: '5s' | '1m' | number): Promise<void> {
    const world = this.#world
    const { nonce, job } = this.#newJob(id, when)
    const answer = await world.while(world.millrace.jobs(this.#later).schedule(job))
    if (answer._tag === 'already-fired') {
      this.#at(nonce).isOver = true
      return this.#heard(id, 'already-fired')
    }
    // what has fired would have been said
    for (const other of this.#of(id).possible) this.#at(other).isOver = true
    this.#ids.set(id, { possible: [nonce], isCertain: true })
    Object.assign(this.#at(nonce), { dueMs: answer.dueMs, knownMs: world.now })
  }

  async #reschedule(id: string, at: number): Promise<void> {
    const world = this.#world
    const answer = await world.while(world.millrace.jobs(this.#later).reschedule(id, { at }))
    if (answer._tag !== 'scheduled') return this.#heard(id, answer._tag)
    const known = this.#of(id)
    expect(known.possible.length, 'what waits was scheduled').toBeGreaterThan(0)
    // whichever of them waits
    for (const nonce of known.possible) Object.assign(this.#at(nonce), { dueMs: at, knownMs: world.now })
    known.isCertain = true
  }

  #heard(id: string, answer: 'cancelled' | 'already-fired' | 'unknown'): void {
    const known = this.#of(id)
    if (answer === 'already-fired') {
      expect(known.possible.length, 'what has fired was scheduled').toBeGreaterThan(0)
      known.isCertain = true
      return
    }
    if (answer === 'unknown') expect(known.isCertain, 'what waits is known').toBe(false)
    for (const nonce of known.possible) this.#at(nonce).isOver = true
    this.#ids.delete(id)
  }

  async #die({ asking, id, afterMs, how, awayMs }: Action & { readonly _tag: 'die' }): Promise<void> {
    const world = this.#world
    const jobs = world.millrace.jobs(this.#later)
    if (asking === 'cancel') {
      let answer: Awaited<ReturnType<typeof jobs.cancel>> | undefined
      jobs.cancel(id).then((heard) => {
        answer = heard
      }, noAnswer)
      await world.clock.advance(afterMs)
      if (answer !== undefined) this.#heard(id, answer)
      else this.#of(id).isCertain = false
    } else {
      const { nonce, job } = this.#newJob(id, 7_000)
      this.#at(nonce).dueMs = world.now + 7_000
      jobs.schedule(job).catch(noAnswer)
      await world.clock.advance(afterMs)
      const known = this.#of(id)
      known.possible = [...known.possible, nonce]
    }
    await this.#restart(how, awayMs)
  }

  async #cancelUnread(id: string, lateMs: number): Promise<void> {
    const world = this.#world
    const known = this.#of(id)
    const dueMs = Math.min(...known.possible.map((nonce) => this.#at(nonce).dueMs ?? 0))
    world.kill()
    await world.open()
    if (!Number.isFinite(dueMs) || dueMs - world.now < 10) return world.moving(this.#later)
    const { topic: to, ...command } = idRecord(this.#later, 'cancel', id)
    const job = { id: besides(id), at: world.now + far, key: '', value: filler }
    const before = Array.from({ length: 4 }, () => scheduleRecord(bulky, job))
    const sent = [...before, command].map(({ key, value, headers }) => ({ key, value, headers }))
    await world.while(world.millrace.send(to, sent))
    if (world.now < dueMs) {
      for (const nonce of known.possible) this.#at(nonce).isOver = true
      this.#ids.delete(id)
    } else known.isCertain = false
    world.kill()
    await world.open(Math.max(0, dueMs + lateMs - world.now))
    await world.moving(this.#later)
  }

  async #restart(how: 'kill' | 'power', awayMs: number): Promise<void> {
    this.#world.kill(how)
    await this.#world.open(awayMs)
    await this.#world.moving(this.#later)
  }

  #newJob(id: string, when: '5s' | '1m' | number) {
    const nonce = this.#scheduled.length
    this.#scheduled.push({ id, dueMs: undefined, knownMs: Number.POSITIVE_INFINITY, isOver: false })
    const job = { id, key: id, value: nonce }
    return { nonce, job: typeof when === 'number' ? { ...job, at: this.#world.now + when } : { ...job, after: when } }
  }

  #of(id: string): Id {
    const known = this.#ids.get(id) ?? { possible: [], isCertain: false }
    this.#ids.set(id, known)
    return known
  }

  #at(nonce: number): Scheduled {
    return this.#scheduled[nonce] as Scheduled
  }

  async #judge(): Promise<void> {
    const records = (await this.#world.read(fired)).map(({ timestamp, value }) => ({
      ...this.#at(value),
      timestamp,
      value,
    }))
    const nonces = records.map(({ value }) => value)
    expect(new Set(nonces).size, 'each fires once').toBe(nonces.length)
    for (const { timestamp, dueMs, isOver } of records) {
      expect(isOver, 'what was cancelled or replaced does not fire').toBe(false)
      if (dueMs !== undefined) expect(timestamp, 'none fires early').toBeGreaterThanOrEqual(dueMs)
    }
    for (const { possible, isCertain } of this.#ids.values()) {
      const count = possible.filter((nonce) => nonces.includes(nonce)).length
      expect(count, 'of those that may have waited one fires').toBeLessThanOrEqual(1)
      if (isCertain) expect(count, 'what waits fires').toBe(1)
    }
    if (this.#isClockRight) judgeOrder(records)
  }
}

const far = 86_400_000
const filler = new Uint8Array(1_100_000)
const bulky = { ...later, to: topic('fired', { key: t.string, value: bytes }) }

/** Another id of the same task. */
const besides = (id: string): string => {
  const taskOf = (one: string): number => keyedPartition(utf8(one), later.partitions)
  for (let at = 0; ; at++) if (taskOf(`bulk ${at}`) === taskOf(id)) return `bulk ${at}`
}

const noAnswer = (error: unknown): void => {
  if (!(error instanceof MillraceError)) throw error
}

/** Of one task, what was known in time fires in the order in which it is due. */
const judgeOrder = (records: readonly Scheduled[]): void => {
  const taskOf = ({ id }: Scheduled): number => keyedPartition(utf8(id), later.partitions)
  for (const [at, first] of records.entries())
    for (const second of records.slice(at + 1)) {
      const [one, other] = [first.dueMs, second.dueMs]
      if (one === undefined || other === undefined || taskOf(first) !== taskOf(second)) continue
      const areKnown = Math.max(first.knownMs, second.knownMs) < Math.min(one, other)
      if (areKnown) expect(one, 'what is due first fires first').toBeLessThanOrEqual(other)
    }
}
