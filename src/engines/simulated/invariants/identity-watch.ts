import type { RequestName } from '../wire.ts'
import type { Process } from '../world/process.ts'
import type { InvariantKind } from './partition-watch.ts'

const giving: ReadonlySet<RequestName> = new Set(['initProducerId', 'endTransaction', 'allocateProducerId'])

/** Producer ids and epochs, as clients are given them: no two have the same. */
export class IdentityWatch {
  readonly #violated: (kind: InvariantKind, message: string) => void
  readonly #holders = new Map<string, Process>()

  constructor(violated: (kind: InvariantKind, message: string) => void) {
    this.#violated = violated
  }

  /** `from` has been answered. */
  look(from: Process, name: RequestName, reply: unknown): void {
    if (!giving.has(name) || !isIdentity(reply)) return
    const { producerId, epoch } = reply
    const identity = `producer ${producerId} with epoch ${epoch}`
    const holder = this.#holders.get(identity)
    if (holder === undefined) this.#holders.set(identity, from)
    else if (holder !== from) {
      const lives = holder.name === from.name ? ', another life of the same process' : ''
      this.#violated('two-writers', `${from.name} is ${identity}, and so is ${holder.name}${lives}`)
    }
  }
}

const isIdentity = (reply: unknown): reply is { readonly producerId: number; readonly epoch: number } =>
  typeof reply === 'object' && reply !== null && '_tag' in reply && reply._tag === 'identity'
