import { Alarm } from './alarm.ts'
import { DoneSoFar } from './done-prefix.ts'
import { Feed } from './feed.ts'
import { Gather, type GatherSetup } from './gather.ts'
import { InOrder } from './in-order.ts'
import { Lanes } from './lanes.ts'
import { Parking } from './parking.ts'
import { Retries } from './retries.ts'
import { Returns } from './returns.ts'
import type { TaskSetup } from './task-setup.ts'
import { Window } from './window.ts'

/** What one task holds, shared by those that move its records on. */
export class TaskParts {
  readonly setup: TaskSetup
  /** Has arrived, and not entered. */
  readonly feed: Feed = new Feed()
  /** Has entered, and not left. */
  readonly window: Window = new Window()
  readonly done: DoneSoFar
  readonly lanes: Lanes
  /** Hold their lanes and wait for a turn. */
  readonly ready: InOrder = new InOrder()
  readonly retries: Retries = new Retries()
  /** Where records come back from retry topics. */
  readonly returns: Returns | undefined
  /** Where they keep the order of their keys. */
  readonly parking: Parking | undefined
  /** Wakes the task when something is due. */
  readonly alarm: Alarm
  readonly gathering: GatherSetup
  /** Empty, to be used again: most records need one only for a moment. */
  readonly #spare: Gather[] = []

  constructor(setup: TaskSetup, wake: () => void) {
    const { plan, limits, clock, sinks, stores, hooks } = setup
    this.setup = setup
    this.done = new DoneSoFar(limits.outputBytesMax, setup.task)
    this.lanes = new Lanes(plan.stages.length, limits.concurrency)
    this.alarm = new Alarm(clock, wake)
    this.gathering = {
      pipeline: plan.name,
      sinks,
      stores,
      meter: this.done.meter,
      outputBytesMax: limits.outputBytesMax,
      now: clock.now,
      late: hooks.late,
    }
    const { retry } = setup
    if (retry === undefined) return
    const { name: pipeline, topics } = plan
    const returns = new Returns({ pipeline, topics, tiers: retry.tiers, cameBack: retry.cameBack })
    this.returns = returns
    if (retry.order === undefined) return
    const gather = (): Gather => this.gather()
    this.parking = new Parking({ ...retry.order, pipeline, returns, gather, elapsed: clock.elapsed })
  }

  /** An empty gather. */
  gather(): Gather {
    return this.#spare.pop() ?? new Gather(this.gathering)
  }

  /** Leaves the chunk at hand, where it has been read to its end and all of it is done. */
  leaveChunk(): void {
    const { feed, done } = this
    if (!feed.isAtEnd) return
    done.add(undefined, feed.chunk.source, feed.chunk.nextOffset, 0)
    feed.leave()
  }

  /** Lets those leave that are done, and have nothing undone before them. */
  settle(): void {
    this.window.settle(this.done, this.#spare)
  }
}
