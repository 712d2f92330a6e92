import type { Engine } from '../../../contracts/engine.ts'
import { MillraceError } from '../../../contracts/failure.ts'
import { StorageError } from '../../../contracts/storage.ts'
import type { AnyTopic } from '../../../contracts/topic.ts'
import { openEmbedded } from '../../../engines/embedded/engine.ts'
import { Network } from '../../../engines/simulated/world/network.ts'
import type { Process } from '../../../engines/simulated/world/process.ts'
import { World, type WorldOptions } from '../../../engines/simulated/world/world.ts'
import { createTopics } from '../../../millrace/topics.ts'
import type { Forgotten } from '../../forgetful-disk/forget.ts'
import type { Violation } from '../plan.ts'
import { RunOver } from '../run-over.ts'
import type { System } from '../setting.ts'
import { diskName } from './disk-trace.ts'
import { forever } from './forever.ts'
import { MachineDisk } from './machine-disk.ts'
import { defaultMachine, type MachineOptions } from './machine-options.ts'
import { outsideEngine, type Present } from './outside-engine.ts'
import { programEngine } from './program-engine.ts'
import { type Broken, Witness } from './witness.ts'

/** Where it ends in the middle of what it does, its disk throws at it: nobody is to hear of that. */
const outliveNothing = (process: Process): void => {
  const { around = (work: () => void) => work() } = process
  process.around = (work) => {
    try {
      around(work)
    } catch (thrown) {
      if (process.isAlive || !(thrown instanceof StorageError)) throw thrown
    }
  }
}

export interface MachineParts {
  readonly world: WorldOptions
  readonly options: Partial<MachineOptions>
  /** Made by each process where they are not there: as a program does that has nobody else for it. */
  readonly topics: readonly AnyTopic[]
  readonly violated: (violation: Violation) => void
}

/** A machine in a world of its own: one process at a time runs the embedded engine on its disk. */
export class SimulatedMachine {
  readonly world: World
  readonly network: Network
  readonly supervisor: Process
  readonly disk: MachineDisk
  readonly witness: Witness
  /** As somebody has it who is not in the process. */
  readonly engine: Engine
  readonly options: MachineOptions
  readonly #topics: readonly AnyTopic[]
  readonly #skewMs = new Map<string, number>()
  #present: Present | undefined
  readonly #waiting: ((present: Present) => void)[] = []
  readonly #violated: (violation: Violation) => void
  #isOver = false

  constructor({ world, options, topics, violated }: MachineParts) {
    this.options = { ...defaultMachine, ...options }
    this.#topics = topics
    this.#violated = violated
    this.world = new World(world)
    this.network = new Network(this.world)
    this.supervisor = this.world.spawn('supervisor', 'client')
    this.disk = new MachineDisk(this.world, this.options.mutants)
    this.disk.lost = (forgotten) => this.#tellOfLoss(forgotten)
    this.witness = new Witness(this.world, violated)
    const present = () => this.#whoIsThere()
    this.engine = outsideEngine({ name: 'sim://machine', network: this.network, from: this.supervisor, present })
    this.world.watch(() => {
      if (this.#isOver) throw new RunOver()
    })
  }

  /** Whether a process is there that has opened the directory. */
  get isOpen(): boolean {
    return this.#present !== undefined
  }

  /** By how much a process's wall clock is ahead; negative where it is behind. */
  skewOf(process: string): number {
    return this.#skewMs.get(process) ?? 0
  }

  setSkew(process: string, ms: number): void {
    this.#skewMs.set(process, ms)
  }

  /** Opens the directory in `process`, whoever had it before. **Errors** rejects as `connect` does. */
  async open(process: Process, { clock, random }: System): Promise<Engine> {
    if (this.#isOver) return forever()
    process.onEnd(() => this.#left(process))
    outliveNothing(process)
    const { durability, journalBytes, mutants } = this.options
    const storage = this.disk.begin(process)
    const opened = await openEmbedded({
      name: `sim://${process.name}`,
      storage,
      durability: mutants.includes('acks-before-sync') ? 'process' : durability,
      journalBytes,
      persistent: true,
      clock,
      random,
    })()
    if (!process.isAlive) return forever()
    if (opened._tag === 'Left') {
      const { code, message } = opened.left
      this.witness.reach(code)
      if (code !== 'storage-full') this.#end('not-opened', `the directory cannot be opened any more: ${message}`)
      throw new MillraceError(opened.left)
    }
    if (!(await this.witness.look(opened.right))) {
      this.#isOver = true
      return forever()
    }
    const engine = programEngine({ engine: opened.right, process, world: this.world, witness: this.witness })
    await createTopics(engine, this.#topics)
    this.#present = { process, engine }
    for (const hear of this.#waiting.splice(0)) hear(this.#present)
    return engine
  }

  #end(kind: Broken, message: string): void {
    this.#violated({ kind, message, atMs: this.world.now })
    this.#isOver = true
  }

  #left(process: Process): void {
    if (this.#present?.process !== process) this.witness.reach('crash while opening')
    else this.#present = undefined
    this.disk.end('kill')
  }

  #whoIsThere(): Promise<Present> {
    if (this.#present !== undefined) return Promise.resolve(this.#present)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #tellOfLoss(forgotten: readonly Forgotten[]): void {
    for (const { lost, of } of forgotten)
      this.witness.reach(lost === 0 ? 'unsynced kept' : lost === of ? 'unsynced lost' : 'unsynced lost in part')
    if (!this.world.trace.keeps) return
    const gone = forgotten
      .filter(({ lost }) => lost > 0)
      .map(({ path, lost, of }) => `${lost} of ${of} of ${path === '' ? 'the directory' : path}`)
    const what =
      gone.length === 0
        ? 'has kept all that was not synced'
        : `has lost, of the pieces that were not synced: ${gone.join(', ')}`
    this.world.keep({ _tag: 'happened', at: this.world.now, process: diskName, about: 'process', what })
  }
}
