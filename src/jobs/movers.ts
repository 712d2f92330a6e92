import { topicsOf } from '../codec/delayed.ts'
import type { Clock } from '../contracts/clock.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { Engine } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { deadLetter } from '../pipeline/dead-letter-policy.ts'
import { tellOfHolds } from '../pipeline/held-up.ts'
import type { ErrorPolicy } from '../pipeline/on-error.ts'
import { type Instance, runPipeline } from '../pipeline/run.ts'
import { JobCounters, type MovedJobs } from './job-metrics.ts'
import { moverOf } from './mover.ts'
import { plantedIn, without } from './mover-mutant.ts'
import { UnreadableCommand } from './read-command.ts'
import { withTiersThere } from './tiers-there.ts'

export interface MoversParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: Random
  /** Tells the movers of this connection from those of others, where a run does not say. */
  readonly instance: string
  /** Creates the topics that are not there yet. */
  readonly create: (topics: readonly AnyTopic[]) => Promise<void>
  /** Hears of a mover that is held up, or has come to its end by itself and is started again. */
  readonly warn: (message: string) => void
}

/** One that moves the jobs of a delayed, for as long as the connection is open. */
export interface RunningMover {
  readonly delayed: AnyDelayed
  /** The same with all tiers that it reads. */
  readonly there: () => AnyDelayed
  readonly metrics: () => MovedJobs
  /** Resolves once what is commanded is done: that of it which waits is not waited for. */
  readonly caughtUp: () => Promise<void>
}

interface Moved extends RunningMover {
  readonly stop: (timeoutMs: number) => Promise<void>
  readonly look: () => Promise<void>
}

const firstPauseMs = 500
const longestPauseMs = 30_000

/** The movers of one connection: one for each delayed that its pipelines, or its program, speak of. */
export class Movers {
  readonly #o: MoversParts
  readonly #moved = new Map<string, { readonly delayed: AnyDelayed; readonly moved: Promise<Moved> }>()
  #isClosed = false

  constructor(parts: MoversParts) {
    this.#o = parts
  }

  /**
   * The mover of `delayed`, started where it is not yet; its topics are there then.
   *
   * **Errors** rejects with {@link MillraceError} where its topics do not fit, and with `TypeError` where two are delayed under one
   * name.
   */
  async start(delayed: AnyDelayed, instance?: string): Promise<RunningMover> {
    if (this.#isClosed)
      throw new MillraceError(engineFailure('closed', `'${delayed.name}' is not moved any more: connect again`))
    const known = this.#moved.get(delayed.name)
    if (known !== undefined && known.delayed !== delayed)
      throw new TypeError(
        `two are delayed under the name '${delayed.name}': declare it once, and share the constant, or rename one`,
      )
    if (known !== undefined) return known.moved
    const moved = this.#begin(delayed, instance ?? this.#o.instance)
    this.#moved.set(delayed.name, { delayed, moved })
    moved.catch(() => this.#moved.delete(delayed.name))
    return moved
  }

  /** Topics have grown. */
  async look(): Promise<void> {
    await this.#each(({ look }) => look())
  }

  /** Lets go of what waits, which whoever comes next goes on with. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isClosed = true
    await this.#each(({ stop }) => stop(timeoutMs))
  }

  async #each(work: (moved: Moved) => Promise<void>): Promise<void> {
    const all = [...this.#moved.values()]
    await Promise.all(all.map(({ moved }) => moved.then(work, () => undefined)))
  }

  async #begin(delayed: AnyDelayed, instance: string): Promise<Moved> {
    const { commands, answers, dead } = topicsOf(delayed)
    await this.#o.create([commands, answers, dead])
    const counters = new JobCounters()
    let { running, there } = await this.#run(delayed, counters, instance)
    const supervise = async (): Promise<void> => {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
        const why = await running.done.then(() => undefined, reasonOf)
        if (why === undefined || this.#isClosed) return
        this.#o.warn(`what moves '${delayed.name}' has ended, and is started again: ${why}`)
        await this.#restart(pauseMs, async () => {
          const again = await this.#run(delayed, counters, instance)
          running = again.running
          there = again.there
        })
      }
    }
    const supervised = supervise()
    return {
      delayed,
      there: () => there,
      metrics: () => counters.metrics,
      caughtUp: () => running.caughtUp(),
      look: () => running.look(),
      stop: async (timeoutMs) => {
        await running.stop({ timeoutMs })
        await supervised
      },
    }
  }

  /** Tries until it succeeds, or everything is closed. */
  async #restart(pauseMs: number, run: () => Promise<void>): Promise<void> {
    for (let pause = pauseMs; !this.#isClosed; pause = Math.min(2 * pause, longestPauseMs)) {
      await new Promise<void>((ring) => this.#o.clock.after(pause, ring))
      if (this.#isClosed) return
      const failed = await run().then(
        () => false,
        () => true,
      )
      if (!failed) return
    }
  }

  async #run(
    delayed: AnyDelayed,
    counters: JobCounters,
    instance: string,
  ): Promise<{ readonly running: Instance; readonly there: AnyDelayed }> {
    const { engine, clock, random } = this.#o
    const missing = plantedIn(delayed)
    const there = await withTiersThere(engine, delayed)
    const dead = deadLetter(topicsOf(delayed).dead)
    const onError = {
      policies: [dead],
      choose: (error: unknown): ErrorPolicy => {
        if (error instanceof UnreadableCommand) counters.unreadable()
        return dead
      },
    }
    const { pipeline, tiers, barrier, skim } = moverOf(
      missing === undefined ? there : without(missing, there),
      counters,
    )
    const running = await runPipeline({
      engine,
      clock,
      random,
      name: delayed.name,
      pipeline,
      tiers,
      skim,
      ownsTopics: true,
      ...(barrier === undefined ? {} : { barrier }),
      options: { onError, instance },
    })
    // nobody else can listen to it
    tellOfHolds(running, clock, (message) => this.#o.warn(`what moves '${delayed.name}' waits: ${message}`))
    return { running, there }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
