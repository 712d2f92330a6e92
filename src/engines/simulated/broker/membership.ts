import { isAnswer } from '../switchboard.ts'
import type { ClusterView } from '../wire.ts'
import { type AskController, type BrokerParts, retryMs } from './broker-parts.ts'

export interface MembershipParts extends Pick<BrokerParts, 'id' | 'world' | 'process' | 'disk' | 'options'> {
  readonly ask: AskController
  /** The controller has taken the broker in, for the first time in this life. */
  readonly registered: () => void
  /** The metadata is newer than what was known before. */
  readonly learned: (view: ClusterView, before: ClusterView | undefined) => void
}

const heartbeatMs = 500

/** A broker as one of its cluster: it registers, gives signs of life, and learns what the controller has decided. */
export class Membership {
  readonly #parts: MembershipParts
  #view: ClusterView | undefined
  #epoch = -1
  #isStopping = false
  #mayStop = false

  constructor(parts: MembershipParts) {
    this.#parts = parts
  }

  /** The metadata, as far as it has come. */
  get view(): ClusterView | undefined {
    return this.#view
  }

  /** The broker's epoch; -1 before it is registered. */
  get epoch(): number {
    return this.#epoch
  }

  register(): void {
    const { id, disk, process, world, options, ask, registered } = this.#parts
    const afterCleanShutdown = disk.wasClosed || options.mutants.includes('unclean-passes-for-clean')
    const request = { broker: id, life: process.number, afterCleanShutdown }
    ask('register', request, (reply) => {
      if (!isAnswer(reply)) {
        world.after(process, retryMs, 'registers', () => this.register())
        return
      }
      disk.wasClosed = false
      this.#epoch = reply.brokerEpoch
      this.#heartbeat()
      registered()
    })
  }

  /** Takes metadata, unless it is older than what is known. */
  learn(view: ClusterView): void {
    const takesOlder = this.#parts.options.mutants.includes('old-metadata-followed')
    if (this.#epoch < 0 || (view.version <= (this.#view?.version ?? -1) && !takesOlder)) return
    const before = this.#view
    this.#view = view
    this.#parts.learned(view, before)
  }

  /** Asks to be let go; calls `stopped` once the broker leads nothing any more. */
  leave(stopped: () => void): void {
    this.#isStopping = true
    const { world, process } = this.#parts
    const look = () => {
      if (this.#mayStop) stopped()
      else world.after(process, retryMs, 'waits to stop', look)
    }
    look()
  }

  #heartbeat(): void {
    const { world, process, id, ask } = this.#parts
    const request = {
      broker: id,
      brokerEpoch: this.#epoch,
      knows: this.#view?.version ?? -1,
      wantsToStop: this.#isStopping,
    }
    ask('brokerHeartbeat', request, (reply) => {
      if (isAnswer(reply)) {
        if (this.#isStopping && reply.mayStop) this.#mayStop = true
        if (reply.version !== this.#view?.version) this.#refresh()
      }
      world.after(process, heartbeatMs, 'heartbeat', () => this.#heartbeat())
    })
  }

  #refresh(): void {
    this.#parts.ask('metadata', {}, (view) => {
      if (isAnswer(view)) this.learn(view)
    })
  }
}
