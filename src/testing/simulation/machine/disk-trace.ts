import type { Process } from '../../../engines/simulated/world/process.ts'
import type { World } from '../../../engines/simulated/world/world.ts'

export const diskName = 'disk'

/** What processes ask of the disk that they have one after the other, as messages, for whoever reads the trace. */
export class DiskTrace {
  readonly #world: World
  /** Below all that a network numbers: the disk is no part of one. */
  #messages = 0

  constructor(world: World) {
    this.#world = world
  }

  /** It is done at once. */
  did(process: Process, what: string, detail: string): void {
    this.#arrow(process, [process.name, diskName], what, detail)
  }

  wrote(process: Process, path: string, parts: readonly Uint8Array[], position: number): void {
    if (!this.#world.trace.keeps) return
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    this.did(process, 'write', `${path}: ${bytes} bytes at ${position}`)
  }

  async asked<A>(process: Process, what: string, detail: string, work: () => Promise<A>): Promise<A> {
    this.did(process, what, detail)
    const answer = await work()
    this.#arrow(process, [diskName, process.name], `${what}: answer`, detail)
    return answer
  }

  #arrow(process: Process, [from, to]: readonly [string, string], what: string, detail: string): void {
    const { trace, now: at } = this.#world
    // whoever is dead asks for nothing
    if (!trace.keeps || !process.isAlive) return
    const message = --this.#messages
    trace.keep({ _tag: 'sent', at, message, from, to, what, detail })
    trace.keep({ _tag: 'delivered', at, message })
  }
}
