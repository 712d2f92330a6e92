import type { Process } from '../../engines/simulated/world/process.ts'
import type { Millrace } from '../../millrace/millrace.ts'
import { openMillrace } from '../../millrace/open-millrace.ts'
import type { Running } from '../../pipeline/run.ts'
import { type PipelineAtWork, pipelineAtWork } from '../midway/pipeline-at-work.ts'
import { Life as InnerLife } from '../virtual-globals/life.ts'
import type { OutsideWorld } from '../virtual-globals/outside-world.ts'
import type { Setting, System } from './setting.ts'

/** A user's program: called for each incarnation of its process, so that nothing survives in closures. */
export type App = (millrace: Millrace) => unknown

export interface AppsParts {
  readonly setting: Setting
  readonly app: App
  readonly instances: number
  /** Hears of a call of the program that the simulation cannot make. */
  readonly refused: (why: OutsideWorld) => void
}

/** What runs in one life of a process. */
interface Life {
  readonly process: Process
  /** As whom it connects: under its own name, but for a stand-in. */
  readonly clientId: string
  /** Not there before there is an engine. */
  millrace: Millrace | undefined
  readonly runs: Set<Running>
  /** The program has not returned: it may be about to run more. */
  isStarting: boolean
}

/** How long a process that has ended stays away before it is started again. */
const restartMs = 500

/** The processes of the application: each is started anew when it dies, as a supervisor would. */
export class Apps {
  readonly #parts: AppsParts
  readonly #lives = new Map<string, Life>()
  /** Those that do not come back. */
  readonly #gone = new Set<string>()
  #started = 0
  #isOver = false
  #hasRun = false
  /** By what they are, since each life runs them anew. */
  readonly #pipelines = new Map<string, PipelineAtWork>()
  /** Why lives have ended by themselves, the last first. */
  readonly #ends: { readonly process: string; readonly why: string }[] = []

  constructor(parts: AppsParts) {
    this.#parts = parts
  }

  startAll(): void {
    for (let instance = 1; instance <= this.#parts.instances; instance++) this.start(`app-${instance}`)
  }

  /** Those that are alive, paused ones too. */
  get processes(): readonly Process[] {
    return [...this.#lives.values()].map(({ process }) => process).filter(({ isAlive }) => isAlive)
  }

  /** Every pipeline that runs at the moment. */
  get runs(): readonly Running[] {
    return [...this.#lives.values()].flatMap(({ process, runs }) => (process.isAlive ? [...runs] : []))
  }

  /** Whether some program has not returned, or is about to be started again: it may run more. */
  get isStarting(): boolean {
    return [...this.#lives].some(([name, { process, isStarting }]) =>
      process.isAlive ? isStarting : !this.#gone.has(name),
    )
  }

  /** Whether some program is not there at the moment, or stands still, and comes again. */
  get isComing(): boolean {
    return [...this.#lives].some(([name, { process, millrace }]) =>
      process.isAlive ? process.isPaused || millrace === undefined : !this.#gone.has(name),
    )
  }

  /** Whether all that were started have ended for good. */
  get hasGone(): boolean {
    return [...this.#lives].every(([name, { process }]) => !process.isAlive && this.#gone.has(name))
  }

  /** Whether a pipeline has been run, by any instance. */
  get hasRun(): boolean {
    return this.#hasRun
  }

  /** Every pipeline that any instance has run until now. */
  get pipelines(): readonly PipelineAtWork[] {
    return [...this.#pipelines.values()]
  }

  get ends(): readonly { readonly process: string; readonly why: string }[] {
    return this.#ends
  }

  /**
   * Starts a process under `name`, unless one runs, or has ended for good. `inPlaceOf`: it takes itself for that one, which may
   * still be there.
   */
  start(name: string, inPlaceOf?: string): void {
    if (this.#lives.get(name)?.process.isAlive === true || this.#gone.has(name) || this.#isOver) return
    const { setting, refused } = this.#parts
    const { world } = setting
    const process = world.spawn(name, 'client')
    world.tell(process, () => 'starts')
    // each life draws its own ids
    const random = world.random(`${name}, life ${this.#started++}`)
    const clock = world.clockOf(process, () => setting.skewOf(name))
    const clientId = inPlaceOf ?? this.#lives.get(name)?.clientId ?? name
    const life: Life = { process, clientId, millrace: undefined, runs: new Set(), isStarting: true }
    this.#lives.set(name, life)
    const crashed = (why: unknown) => this.#ended(life, why)
    const inner = new InnerLife({ clock, random: world.random(`${name}, program ${this.#started}`), crashed, refused })
    // what a timer throws may have ended it
    process.around = (work) => inner.enter(() => process.isAlive && work())
    world.after(process, 0, 'starts', () => {
      this.#work(life, { clock, random }).catch((why: unknown) => this.#ended(life, why))
    })
  }

  /** SIGKILL; somebody starts it again, unless `forGood`. */
  kill(name: string, forGood = false): void {
    const life = this.#lives.get(name)
    if (life?.process.isAlive !== true) return
    const { world } = this.#parts.setting
    world.tell(life.process, () => 'is killed')
    life.process.kill()
    if (forGood) this.#gone.add(name)
    this.#restart(name)
  }

  /** Stops an instance in good order, for good. */
  async stop(name: string): Promise<void> {
    const life = this.#lives.get(name)
    this.#gone.add(name)
    if (life?.process.isAlive !== true) return
    await life.millrace?.close()
    this.kill(name, true)
  }

  /** Nothing is started any more. */
  end(): void {
    this.#isOver = true
  }

  async #work(life: Life, system: System): Promise<void> {
    const { setting, app } = this.#parts
    const { process, clientId } = life
    const engine = await setting.engineOf(process, system)
    const millrace = openMillrace({ url: engine.name, engine, ...system, clientId, send: {} })
    life.millrace = millrace
    const run: Millrace['run'] = async (name, pipeline, options) => {
      this.#hasRun = true
      const running = await millrace.run(name, pipeline, options)
      life.runs.add(running)
      const atWork = pipelineAtWork(name, pipeline, options)
      this.#pipelines.set(JSON.stringify(atWork), atWork)
      running.done.then(
        () => life.runs.delete(running),
        (why: unknown) => this.#ended(life, why),
      )
      return running
    }
    await app({ ...millrace, run })
    life.isStarting = false
  }

  /** A program that cannot go on exits, and is started again. */
  #ended(life: Life, reason: unknown): void {
    const { process } = life
    if (!process.isAlive) return
    const why = reason instanceof Error ? reason.message : String(reason)
    this.#ends.unshift({ process: process.name, why })
    this.#parts.setting.world.tell(process, () => `ends: ${why}`)
    process.kill()
    this.#restart(process.name)
  }

  #restart(name: string): void {
    const { world, supervisor } = this.#parts.setting
    world.after(supervisor, restartMs, 'restarts a process', () => this.start(name))
  }
}
