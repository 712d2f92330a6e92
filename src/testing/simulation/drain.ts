import { settle } from '../../contracts/settle.ts'
import type { Running } from '../../pipeline/run.ts'
import type { Setting } from './setting.ts'
import { wait } from './wait.ts'
import { someJobWaits } from './waits.ts'

/** The programs that have to come to their end. */
export interface Programs {
  /** Every pipeline that runs at the moment. */
  readonly runs: readonly Running[]
  /** Whether some program may be about to run more. */
  readonly isStarting: boolean
  /** Whether some program is not there at the moment, or stands still, and comes again: what it does is still to come. */
  readonly isComing: boolean
  /** Whether a pipeline has been run, or is waited for; else it is enough that nothing happens for long. */
  readonly hasRun: boolean
  /** Why programs have ended by themselves, the last first. */
  readonly ends: readonly { readonly process: string; readonly why: string }[]
}

export interface DrainParts {
  readonly setting: Pick<Setting, 'world' | 'supervisor' | 'engine' | 'awaited'>
  /** As they are at the moment. */
  readonly programs: () => Programs
  /** The names of those in which something may come to be; all where nothing is said. */
  readonly topics?: readonly string[]
}

/** How often it looks whether everything is done. */
const lookMs = 200
/** How often where jobs wait: that takes as long as they do. */
const jobLookMs = 2_000
/** How long nothing may have happened where no pipeline runs: as long as work that says nothing of itself may take. */
const quietMs = 70_000
/** How long it waits for the pipelines that run before it looks anew which ones do. */
const patienceMs = 5_000

/** Knows when programs have worked off all that there is. */
export class Drain {
  readonly #parts: DrainParts
  /** What has not been answered yet: who is slow is not asked again meanwhile. */
  readonly #asked = new WeakMap<Running, Promise<boolean>>()

  constructor(parts: DrainParts) {
    this.#parts = parts
  }

  /**
   * Resolves once every pipeline has come to the end of all that there is, and nothing more follows from that, delayed jobs included; of a
   * program without pipelines, or one that does not return, once it has done nothing for long.
   */
  async drained(): Promise<void> {
    const { programs } = this.#parts
    for (let before: string | undefined; ; ) {
      await this.#wait(lookMs)
      const { runs, hasRun } = programs()
      if (runs.length === 0) {
        if (!hasRun && (await this.#isQuiet()) && programs().runs.length === 0) return
        continue
      }
      if (await someJobWaits(this.#parts.setting.engine)) {
        before = undefined
        await this.#wait(jobLookMs)
        continue
      }
      // an answer to what was asked earlier says nothing of what has come since
      const isOfNow = !runs.some((running) => this.#asked.has(running))
      const caughtUp = Promise.all(runs.map((running) => this.#caughtUp(running))).then((all) => all.every(Boolean))
      // one whose process is killed says nothing any more
      const patience = this.#wait(patienceMs).then(() => false)
      const isCaughtUp = await Promise.race([caughtUp, someRunEnds(runs), patience])
      const after = await this.#ends()
      if (isCaughtUp && isOfNow && after === before && (!programs().isStarting || (await this.#isQuiet()))) return
      before = after
    }
  }

  /** For people: what runs, and what the last one that does not has ended with. */
  get state(): string {
    const { runs, ends } = this.#parts.programs()
    const [last] = ends
    const why = last === undefined ? '' : `; ${last.process} has ended with: ${last.why}`
    const [awaited] = this.#parts.setting.awaited() ?? []
    const waits =
      awaited === undefined
        ? ''
        : `; group '${awaited.group}' waits for a member that has died, for ${Math.ceil(awaited.forMs / 1000)} s more`
    return `${runs.length === 1 ? '1 pipeline is' : `${runs.length} pipelines are`} running${why}${waits}`
  }

  /** How long groups still wait for members that have died, before anybody else may do their work: milliseconds. */
  get awaitedMs(): number {
    return Math.max(0, ...(this.#parts.setting.awaited() ?? []).map(({ forMs }) => forMs))
  }

  #caughtUp(running: Running): Promise<boolean> {
    const earlier = this.#asked.get(running)
    if (earlier !== undefined) return earlier
    const answer = running
      .caughtUp()
      .then(
        () => true,
        () => false,
      )
      .finally(() => this.#asked.delete(running))
    this.#asked.set(running, answer)
    return answer
  }

  /**
   * Whether nothing is written or committed for a while, every program is there and stays there, and no group is about
   * to give partitions to somebody.
   */
  async #isQuiet(): Promise<boolean> {
    const before = await this.#written()
    await this.#wait(quietMs)
    return (await this.#written()) === before && !this.#parts.programs().isComing
  }

  async #written(): Promise<string> {
    const { world, engine, awaited } = this.#parts.setting
    const committed: string[] = []
    // others take over once the session of a member that has died is over, however long that is
    if (awaited()?.length !== 0) committed.push(`${world.now}`)
    for (const { group, state } of await settle(engine.groups.describe())) {
      if (state === 'PreparingRebalance' || state === 'CompletingRebalance') committed.push(`${world.now}`)
      const offsets = await engine.groups.committed(group)()
      // a transaction is undecided: in a while it is not any more
      if (offsets._tag === 'Left') committed.push(`${world.now}`)
      else
        for (const { topic, partition, offset } of offsets.right)
          committed.push(`${group} ${topic}-${partition} ${offset}`)
    }
    const { ends } = this.#parts.programs()
    return `${await this.#ends()} ${committed.sort().join()} ${ends.length}`
  }

  /** Where the topics end, as a committed reader sees it. */
  async #ends(): Promise<string> {
    const { setting, topics } = this.#parts
    const { engine } = setting
    const there = await settle(engine.topics.describe(topics))
    const queries = there.flatMap(({ name: topic, partitions, internal }) =>
      Array.from({ length: internal ? 0 : partitions }, (_, partition) => ({
        topic,
        partition,
        at: 'latest' as const,
      })),
    )
    const ends = await settle(engine.reader.offsets(queries, 'read_committed'))
    return ends.map(({ topic, offset }) => `${topic} ${offset}`).join()
  }

  #wait(ms: number): Promise<void> {
    const { world, supervisor } = this.#parts.setting
    return wait(world, supervisor, ms)
  }
}

const someRunEnds = (runs: readonly Running[]): Promise<boolean> =>
  Promise.race(runs.map(({ done }) => done)).then(
    () => false,
    () => false,
  )
