import { expect } from 'vitest'
import type { CommandSource } from '../../../src/contracts/delayed.ts'
import { type JobRules, type JobStep, stepJob } from '../../../src/protocol/delay/job.ts'
import type { JobAnswer, JobCommand, JobState, Surfaced } from '../../../src/protocol/delay/job-state.ts'
import { hopAt, type Place } from '../../../src/protocol/delay/ladder.ts'

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000]

export const rules: JobRules = {
  ladder: {
    rungsMs: [16 * day, 4 * day, day, 8 * hour, 2 * hour, 30 * minute],
    slackMs: 100,
    tiersMs: new Set([5 * second, 30 * minute]),
  },
  recur: () => ({ fires: undefined, next: undefined }),
  keptMs: day,
  aheadMs: day + 30 * minute,
  askedMs: 10 * minute,
}

/** How one id goes on; tests put faults in. */
export type Step = typeof stepJob

/** What happens to one id. */
export type Happening =
  | { readonly _tag: 'schedule'; readonly after: '5s' | '30m' }
  | { readonly _tag: 'schedule-at'; readonly inMs: number }
  /** From a record of another pipeline, `backMs` older than all that it has written yet. */
  | { readonly _tag: 'schedule-late'; readonly inMs: number; readonly backMs: number }
  | { readonly _tag: 'reschedule'; readonly inMs: number; readonly isStale: boolean }
  | { readonly _tag: 'cancel'; readonly by: 'record' | 'caller' }
  | { readonly _tag: 'look' }
  /** One of the last commands comes again. */
  | { readonly _tag: 'repeat'; readonly which: number }
  | { readonly _tag: 'pass'; readonly ms: number }
  | { readonly _tag: 'set-clock'; readonly byMs: number }
  /** A record surfaces though it is not due: whoever held it had another clock. */
  | { readonly _tag: 'surface-early'; readonly which: number }

interface Waiting {
  readonly gen: number
  readonly dueMs: number
  readonly place: Place
  readonly hopMs: number
}

type Fate = 'fired' | 'cancelled' | 'superseded'

interface Scheduled {
  readonly dueMs: number
  readonly at: number
  readonly fates: Fate[]
  /** At how many places it has waited. */
  hops: number
}

const tierMs = { '5s': 5 * second, '30m': 30 * minute }

/** One id, the records of it that wait, and what has become of each scheduling: told by what was seen, not by its state. */
export class JobWorld {
  now: number = 1_700_000_000_000
  state: JobState | undefined
  waiting: Waiting[] = []
  readonly scheduled: Map<number, Scheduled> = new Map()
  readonly fires: { readonly gen: number; readonly at: number }[] = []
  readonly answers: Map<string, JobAnswer> = new Map()
  readonly #step: Step
  readonly #commands: (JobCommand & { readonly at: number })[] = []
  #offset = 0
  #current: number | undefined

  constructor(step: Step) {
    this.#step = step
  }

  /** When the next record leaves its place. */
  get nextMs(): number {
    return Math.min(...this.waiting.map(({ hopMs }) => hopMs))
  }

  happen(what: Happening): void {
    switch (what._tag) {
      case 'schedule':
        return this.#schedule(this.now + tierMs[what.after], tierMs[what.after], this.#source(0))
      case 'schedule-at':
        return this.#schedule(this.now + what.inMs, undefined, undefined)
      case 'schedule-late':
        return this.#schedule(this.now + what.inMs, undefined, this.#source(what.backMs, 'other'))
      case 'reschedule':
        return this.#reschedule(this.now + what.inMs, what.isStale)
      case 'cancel':
        return this.#ask({ _tag: 'cancel', source: what.by === 'record' ? this.#source(0) : undefined })
      case 'look':
        return this.#ask({ _tag: 'look' })
      case 'repeat': {
        const command = this.#commands.at(-1 - what.which)
        if (command !== undefined && this.now - command.at < rules.askedMs && this.now >= command.at) this.#run(command)
        return
      }
      case 'pass':
        this.now += what.ms
        return this.surfaceAll()
      case 'set-clock':
        this.now += what.byMs
        return this.surfaceAll()
      case 'surface-early': {
        const record = this.waiting[what.which % Math.max(1, this.waiting.length)]
        if (record !== undefined) this.#surface(record)
      }
    }
  }

  /** All that waits at places which it leaves by now, and what follows from that. */
  surfaceAll(): void {
    for (let rounds = 0; rounds < 1_000; rounds++) {
      const left = this.waiting.filter(({ hopMs }) => hopMs <= this.now)
      if (left.length === 0) return
      for (const record of left) this.#surface(record)
    }
    expect.fail('a record goes round for ever')
  }

  /** Lets time go on until nothing waits. */
  drain(): void {
    while (this.waiting.length > 0) {
      this.now = Math.max(this.now, this.nextMs)
      this.surfaceAll()
    }
  }

  #source(backMs: number, topic = 'orders'): CommandSource {
    this.#offset += 1
    return { topic, partition: 0, offset: this.#offset, timestamp: this.now - backMs }
  }

  #schedule(dueMs: number, waitMs: number | undefined, source: CommandSource | undefined, expected?: number): void {
    this.#offset += 1
    this.#ask({ _tag: 'schedule', gen: this.#offset, dueMs, waitMs, source, expect: expected })
  }

  #reschedule(dueMs: number, isStale: boolean): void {
    const { state } = this
    if (state?._tag === 'pending') this.#schedule(dueMs, undefined, undefined, isStale ? state.gen - 1 : state.gen)
  }

  #ask(command: JobCommand): void {
    const numbered = { ...command, command: `c${this.#commands.length}`, at: this.now }
    this.#commands.push(numbered)
    this.#run(numbered)
  }

  #run(command: JobCommand): void {
    const [state, effects] = this.#step(rules, this.state, command, this.now)
    this.#follow([state, effects], undefined)
    const answer = effects.find((effect) => effect._tag === 'answer')?.answer
    expect(answer, 'who asks is answered').toBeDefined()
    if (answer !== undefined) this.#heard(command, answer)
  }

  /** What is promised by an answer. */
  #heard(command: JobCommand, answer: JobAnswer): void {
    const id = command.command ?? ''
    const before = this.answers.get(id)
    if (before !== undefined && command._tag !== 'look') {
      expect(answer, 'the same command is answered the same').toEqual(before)
      return
    }
    this.answers.set(id, answer)
    if (command._tag === 'schedule' && answer._tag === 'scheduled') {
      if (this.#current !== undefined) this.#ends(this.#current, 'superseded')
      this.scheduled.set(command.gen, { dueMs: command.dueMs, at: this.now, fates: [], hops: 0 })
      this.#current = command.gen
    } else if (command._tag === 'schedule' && answer._tag === 'already-fired')
      expect(this.fires.length).toBeGreaterThan(0)
    if (command._tag === 'cancel' && answer._tag === 'cancelled' && this.#current !== undefined) {
      this.#ends(this.#current, 'cancelled')
      this.#current = undefined
    } else if (command._tag === 'cancel')
      expect(this.#current, 'what waits is cancelled by who asks for it').toBeUndefined()
    if (answer._tag === 'already-fired') expect(this.fires.filter(({ gen }) => gen === answer.gen).length).toBe(1)
  }

  #surface(record: Waiting): void {
    this.waiting = this.waiting.filter((other) => other !== record)
    const { gen, dueMs, place } = record
    const event: Surfaced = {
      _tag: 'surfaced',
      gen,
      dueMs,
      isFromRung: place._tag === 'rung',
      notBeyondMs: Number.POSITIVE_INFINITY,
    }
    const one = this.scheduled.get(gen)
    if (one !== undefined) one.hops += 1
    this.#follow(this.#step(rules, this.state, event, this.now), gen)
  }

  #follow([state, effects]: JobStep, surfaced: number | undefined): void {
    this.state = state
    for (const effect of effects) {
      if (effect._tag === 'route') {
        const { gen, dueMs, place } = effect
        this.waiting.push({ gen, dueMs, place, hopMs: hopAt(place, dueMs, this.now) })
      }
      if (effect._tag === 'fire') {
        const { gen } = effect
        expect(surfaced, 'what fires is the record at hand').toBe(gen)
        this.fires.push({ gen, at: this.now })
        this.#ends(gen, 'fired')
        if (gen === this.#current) this.#current = undefined
      }
    }
  }

  #ends(gen: number, fate: Fate): void {
    this.scheduled.get(gen)?.fates.push(fate)
  }
}
