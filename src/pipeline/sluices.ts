import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import { partitionName } from '../contracts/position.ts'
import type { Barrier } from '../contracts/tier.ts'
import { Alarm } from './alarm.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { Chunk } from './feed.ts'
import { type HeldTier, InDueOrder } from './held-tier.ts'
import type { HoldsBack, LiveTask } from './live-task.ts'
import { InAnyOrder } from './mixed-tier.ts'
import type { Place } from './place.ts'

/** How much of a tier is held, beside what the task reads ahead. */
const heldBytesMax = 256 * 1024
/** How many records are let in at once. */
const roundRecordsMax = 1_024
/** How long it sleeps at most: a clock that was set is noticed by then. */
const lookMs = 60_000

export interface SluicesSetup {
  readonly engine: Engine
  readonly calls: EngineCalls
  readonly clock: Clock
  readonly barrier: Barrier | undefined
  /** How far a task reads ahead. */
  readonly fetchBytesMax: number
  readonly task: LiveTask
  /** A tier has room again. */
  readonly hungry: () => void
  /** The run cannot go on. */
  readonly broken: (error: unknown) => void
}

/**
 * Holds the records of a task's tiers back until they are due, and lets them in then, the earliest first over all tiers.
 *
 * **Guarantees** none enters before it is due, by the clock as it is set then. With a barrier, those that enter come
 * behind all that was committed to the pipeline's topics until then, and behind all in the tiers that is due before them.
 */
export class Sluices implements HoldsBack {
  readonly #o: SluicesSetup
  readonly #tiers: ReadonlyMap<Place, HeldTier>
  readonly #alarm: Alarm
  #isBusy = false
  #isClosed = false
  /** How many of its chunks the task has not read to their end. */
  #unread = 0
  /** Of which records are taken that have not entered yet. */
  #taking: HeldTier | undefined
  readonly #passed: Chunk[] = []
  #waiting: { readonly until: () => boolean; readonly go: (isOpen: boolean) => void } | undefined

  constructor(setup: SluicesSetup) {
    const { clock, task } = setup
    this.#o = setup
    this.#alarm = new Alarm(clock, () => this.wake())
    const tiers = task.places.filter(({ tier }) => tier !== undefined)
    this.#tiers = new Map(
      tiers.map((place) => [
        place,
        place.tier?.order === 'mixed'
          ? new InAnyOrder(place, setup)
          : new InDueOrder(place, Math.min(heldBytesMax, setup.fetchBytesMax)),
      ]),
    )
  }

  get nextDueMs(): number | undefined {
    return this.#first()?.nextDue
  }

  hasRoom(place: Place): boolean {
    return this.#tiers.get(place)?.hasRoom === true
  }

  offer(place: Place, chunk: Chunk): void {
    const tier = this.#tiers.get(place)
    const passed = tier?.offer(chunk)
    if (passed === undefined) return
    // what was taken of it lies before that, and has not entered yet
    if (tier === this.#taking) this.#passed.push(passed)
    else this.#letIn(passed)
  }

  wake(): void {
    if (this.#waiting?.until() === true) this.#go(true)
    else if (!this.#isBusy) this.#look()
  }

  close(): void {
    this.#isClosed = true
    this.#alarm.cancel()
    this.#go(false)
  }

  #look(): void {
    const due = this.#first()?.nextDue
    if (due === undefined || this.#isClosed) return
    // as it is set now: one that was ahead for a while, and was set back, would else let in all of that while
    const now = this.#o.clock.now()
    if (due > now) return this.#alarm.setIn(Math.min(due - now, lookMs))
    this.#isBusy = true
    this.#round(now).then(
      () => {
        this.#isBusy = false
        this.#look()
      },
      (error: unknown) => {
        if (!this.#isClosed) this.#o.broken(error)
      },
    )
  }

  async #round(now: number): Promise<void> {
    const { barrier, hungry } = this.#o
    for (;;) {
      if (!(await this.#until(() => this.#unread === 0))) return
      const ends = barrier === undefined ? noEnds : await this.#settled(barrier, now)
      if (ends === undefined) return
      const all = [...this.#tiers.values()]
      // what goes on from there may be due before what waits elsewhere, and is to be known there first
      const goOn = barrier === undefined ? [] : all.filter((tier) => goesOn(tier) && dueOf(tier) <= now)
      await this.#letInDue(goOn.length > 0 ? goOn : all, now, ends)
      hungry()
      if (goOn.length === 0) return
    }
  }

  async #letInDue(tiers: readonly HeldTier[], now: number, ends: ReadonlyMap<Place, number>): Promise<void> {
    for (let left = roundRecordsMax; left > 0; ) {
      const [first, second] = tiers.toSorted((a, b) => dueOf(a) - dueOf(b))
      const due = first?.nextDue
      if (first === undefined || due === undefined || due > now) break
      this.#taking = first
      const { chunks, records } = await first.take(Math.min(now, second?.nextDue ?? now), left)
      const standsAt = chunks.at(-1)?.nextOffset ?? 0
      const passed = this.#passed.splice(0).filter(({ nextOffset }) => nextOffset > standsAt)
      for (const chunk of [...chunks, ...passed]) this.#letIn(chunk)
      this.#taking = undefined
      left -= records
      // what lies behind may be due before what the others have
      if (first.nextDue === undefined && first.place.next < (ends.get(first.place) ?? 0)) break
    }
  }

  /**
   * Waits until the task has done all that was committed to its topics by now, and has fetched what its tiers have, with what
   * of both was on its way and is due by `now`; answers where these ended. `undefined` where it was closed meanwhile.
   */
  async #settled(barrier: Barrier, now: number): Promise<ReadonlyMap<Place, number> | undefined> {
    const { task } = this.#o
    // also of what goes through its topics once more
    if (barrier.takeOverdue(task.task, now) && !(await this.#committed())) return undefined
    let ends = await this.#ends()
    const isDone = (): boolean =>
      [...ends].every(([place, end]) => place.tier !== undefined || task.reached(place) >= end)
    if (!(await this.#until(isDone))) return undefined
    if (barrier.takeOverdue(task.task, now)) {
      if (!(await this.#committed())) return undefined
      ends = await this.#ends()
    }
    const isKnown = (): boolean => [...this.#tiers].every(([place, tier]) => tier.knows(ends.get(place) ?? 0))
    return (await this.#until(isKnown)) ? ends : undefined
  }

  /** Waits until all is committed that is done by now; answers false where it was closed meanwhile. */
  async #committed(): Promise<boolean> {
    const isCommitted = this.#o.task.runner?.committing()
    return isCommitted === undefined || (await this.#until(isCommitted))
  }

  /** Where its partitions end, once all that was under way there is decided. */
  async #ends(): Promise<ReadonlyMap<Place, number>> {
    const { task, calls, engine } = this.#o
    const partitions = task.places.map(({ source: { topic, partition } }) => ({ topic, partition }))
    const settled = await calls.again('asking where its topics end', () =>
      engine.reader.settled(partitions, task.ended.signal),
    )
    const byName = new Map(settled.map((end) => [partitionName(end), end.offset]))
    return new Map(task.places.map((place) => [place, byName.get(partitionName(place.source)) ?? 0]))
  }

  #letIn(chunk: Chunk): void {
    this.#unread += 1
    const left = (): void => {
      this.#unread -= 1
    }
    this.#o.task.runner?.offer({ ...chunk, left })
  }

  /** Answers false where it was closed before. */
  async #until(isSo: () => boolean): Promise<boolean> {
    if (this.#isClosed || isSo()) return !this.#isClosed
    return await new Promise((go) => {
      this.#waiting = { until: isSo, go }
    })
  }

  #go(isOpen: boolean): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.go(isOpen)
  }

  #first(): HeldTier | undefined {
    let first: HeldTier | undefined
    for (const tier of this.#tiers.values()) if (dueOf(tier) < dueOf(first)) first = tier
    return first
  }
}

const dueOf = (tier: HeldTier | undefined): number => tier?.nextDue ?? Number.POSITIVE_INFINITY

const goesOn = ({ place }: HeldTier): boolean => place.tier?.goesOn === true

const noEnds: ReadonlyMap<Place, number> = new Map()
