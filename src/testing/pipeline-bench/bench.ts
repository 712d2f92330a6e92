import type { DeadLetter } from '../../codec/dead-letter.ts'
import type { Position } from '../../contracts/position.ts'
import { settle } from '../../contracts/settle.ts'
import type { AnyRecord } from '../../contracts/stream-record.ts'
import type { AnyTopic } from '../../contracts/topic.ts'
import { memoryEngine } from '../../engines/embedded/open-url.ts'
import { World } from '../../engines/simulated/world/world.ts'
import type { Millrace } from '../../millrace/millrace.ts'
import { openMillrace } from '../../millrace/open-millrace.ts'
import { systemSettle } from '../../millrace/system.ts'
import type { Notice } from '../../pipeline/notice.ts'
import { deadLetterTopics } from '../../pipeline/on-error.ts'
import { type RunOptions, settingsOf } from '../../pipeline/options.ts'
import { planOf } from '../../pipeline/plan.ts'
import type { Running } from '../../pipeline/run.ts'
import type { Pipeline, Topics } from '../../pipeline/stream.ts'
import { noteArrival } from '../arrivals.ts'
import { type Duration, durationMs } from '../duration.ts'
import { Driver } from '../simulation/driver.ts'
import { programEngine } from '../simulation/machine/program-engine.ts'
import { Witness } from '../simulation/machine/witness.ts'
import { wait } from '../simulation/wait.ts'
import { virtualGlobals } from '../virtual-globals/install.ts'
import { Life } from '../virtual-globals/life.ts'
import type { OutsideWorld } from '../virtual-globals/outside-world.ts'
import { outgoingAt, type Piped, timedSends } from './timed-sends.ts'

export interface BenchParts {
  readonly pipeline: Pipeline<Topics, unknown>
  readonly run: RunOptions | undefined
  readonly seed: number
}

const name = 'pipeline'
const patienceMs = 3_600_000

/** A pipeline at work on an engine in memory, in a world that has nothing besides. */
export class Bench {
  readonly #parts: BenchParts
  readonly #world: World
  readonly #driver: Driver
  /** The only one there is: whatever happens, happens to it, so that its time is always the world's. */
  readonly #process: ReturnType<World['spawn']>
  /** Knows when records came to lie in their topics. */
  readonly #witness: Witness
  readonly #appendedMs = (record: Position): number => this.#witness.appendedMs(record)
  readonly #written: readonly AnyTopic[]
  readonly #letters: readonly AnyTopic[]
  readonly #records = new Map<string, AnyRecord[]>()
  readonly notices: Notice[] = []
  #refused: OutsideWorld | undefined
  #crashed: { readonly why: unknown } | undefined
  #millrace: Millrace | undefined
  #running: Running | undefined

  constructor(parts: BenchParts) {
    const { pipeline, run, seed } = parts
    this.#parts = parts
    const { uses, onError } = settingsOf(name, run)
    this.#letters = deadLetterTopics(onError)
    const { outputs } = planOf(name, pipeline, [...uses, ...this.#letters])
    this.#written = [...outputs.values()]
    this.#world = new World({ seed, tape: {}, settle: systemSettle })
    this.#driver = new Driver(this.#world, systemSettle)
    this.#process = this.#world.spawn('test', 'client')
    this.#witness = new Witness(this.#world, () => {})
    const life = new Life({
      clock: this.#world.clockOf(this.#process),
      random: this.#world.random('pipeline'),
      crashed: (why) => {
        this.#crashed ??= { why }
      },
      refused: (why) => {
        this.#refused ??= why
      },
    })
    this.#process.around = (work) => life.enter(work)
    this.#world.watch(() => this.#refuse())
  }

  get now(): number {
    return this.#world.wallMs
  }

  get deadLetters(): readonly DeadLetter[] {
    return this.#letters.flatMap((topic) => this.recordsOf(topic).map(({ value }) => value as DeadLetter))
  }

  /** Has to be done first. */
  async open(): Promise<void> {
    const { pipeline, run } = this.#parts
    const clock = this.#world.clockOf(this.#process)
    const random = this.#world.random('engine')
    await this.#drive(async () => {
      const [world, process, witness] = [this.#world, this.#process, this.#witness]
      const memory = await settle(memoryEngine({ name: 'memory:', clock, random }))
      const engine = programEngine({ engine: memory, process, world, witness })
      const millrace = openMillrace({ url: engine.name, engine, clock, random, clientId: name, send: {} })
      this.#millrace = millrace
      await millrace.create(...new Map([...this.#written, ...pipeline.topics].map((one) => [one.name, one])).values())
      const running = await millrace.run(name, pipeline, run ?? {})
      running.done.catch(() => {})
      running.errors$.subscribe((notice) => this.notices.push(notice))
      this.#running = running
    })
  }

  /** Resolves once all of it was worked off. What is for one topic comes one after the other, and topics side by side. */
  send(all: readonly Piped[]): Promise<void> {
    const sends = timedSends(all)
    return this.#drive(
      async () => {
        let passedMs = 0
        for (const { atMs, topic, records } of sends) {
          if (atMs > passedMs) await wait(this.#world, this.#process, atMs - passedMs)
          passedMs = atMs
          const now = this.#world.wallMs
          await this.#millrace?.send(
            topic,
            Array.isArray(records) ? records.map((one) => outgoingAt(one, now)) : records,
          )
        }
        await this.#running?.caughtUp()
        await this.#look()
      },
      (sends.at(-1)?.atMs ?? 0) + patienceMs,
    )
  }

  elapse(duration: Duration): Promise<void> {
    const ms = durationMs('elapse(…)', duration)
    return this.#drive(async () => {
      await wait(this.#world, this.#process, ms)
      await Promise.race([this.#running?.caughtUp(), this.#running?.done])
      await this.#look()
    }, ms + patienceMs)
  }

  recordsOf(topic: AnyTopic): readonly AnyRecord[] {
    return this.#records.get(topic.name) ?? []
  }

  async #look(): Promise<void> {
    for (const topic of this.#written) {
      const known = this.#records.get(topic.name) ?? []
      this.#records.set(topic.name, known)
      const offsets: Record<number, number> = {}
      for (const { partition, offset } of known) offsets[partition] = offset + 1
      const reading = this.#millrace?.read(topic, { from: { offsets }, until: 'latest' })
      if (reading !== undefined)
        for await (const record of reading) {
          noteArrival(record, this.#appendedMs)
          known.push(record)
        }
      // of a partition they are in order already
      known.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
    }
  }

  async #drive(work: () => Promise<void>, forMs: number = patienceMs): Promise<void> {
    const restore = virtualGlobals()
    try {
      let done: Promise<void> | undefined
      // begins as something that happens in the world: what is user's code in it has the world's time
      const begun = new Promise<void>((resolve) => {
        this.#world.after(this.#process, 0, 'begins', () => {
          done = work()
          done.catch(() => {})
          resolve()
        })
      })
      const whole = begun.then(() => done)
      await this.#driver.drive(whole, { forMs, otherwise: () => this.#unfinished() })
      this.#refuse()
    } finally {
      // what the pipeline has begun and nobody waits for ends while it still is the pipeline's
      await systemSettle()
      restore()
    }
  }

  #unfinished(): string {
    const last = this.notices.at(-1)
    return `the pipeline has not worked everything off${last === undefined ? '' : ` (it said: ${last.message})`}`
  }

  /** Whatever the pipeline has made of it. */
  #refuse(): void {
    if (this.#refused !== undefined) throw this.#refused
    if (this.#crashed !== undefined) throw this.#crashed.why
  }
}
