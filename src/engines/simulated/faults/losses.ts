import type { PartitionRegistration } from '../../../protocol/broker/partition-registration.ts'
import type { SimulatedCluster } from '../cluster.ts'

/** How a broker ends without giving its leaderships away. */
export type Ending = 'keeps its log' | 'loses of its log'

interface Ended {
  /** Which life of it. */
  readonly life: number
  readonly ending: Ending
}

/**
 * Which brokers may be ended uncleanly without breaking what the cluster promises: with eligible leader replicas, that
 * nothing committed is lost while fewer brokers than `min.insync.replicas` have ended uncleanly and not been heard of
 * since. Those that kept their logs count with those that did not, since the controller cannot tell them apart.
 */
export class Losses {
  readonly #cluster: SimulatedCluster
  /** Whoever has ended, or will have to, and is still taken for complete by the controller. */
  readonly #ended = new Map<number, Ended>()

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster
  }

  /** Whether the cluster gets over it. */
  allows(broker: number, ending: Ending): boolean {
    this.#forget()
    const atOnce = new Set([...this.#ended.keys(), broker]).size
    const { eligibleLeaderReplicas, minInsyncReplicas } = this.#cluster.options
    if (ending === 'loses of its log' || this.#someLose) {
      if (!eligibleLeaderReplicas || atOnce >= minInsyncReplicas) return false
    }
    for (const { layout } of this.#cluster.controller.view.topics.values())
      for (const registration of layout) if (!this.#isLeft(registration, broker, ending)) return false
    return true
  }

  /** The broker's present life ends uncleanly, or is bound to. The answer takes it back, if it lives on. */
  note(broker: number, ending: Ending): () => void {
    const life = this.#cluster.processOf(broker)?.number
    if (life === undefined) return () => {}
    const ended = { life, ending }
    this.#ended.set(broker, ended)
    return () => {
      if (this.#cluster.processOf(broker)?.number === life && this.#ended.get(broker) === ended)
        this.#ended.delete(broker)
    }
  }

  get #someLose(): boolean {
    for (const { ending } of this.#ended.values()) if (ending === 'loses of its log') return true
    return false
  }

  #isLeft(registration: PartitionRegistration, broker: number, ending: Ending): boolean {
    const complete = completeOf(registration)
    if (!complete.includes(broker)) return true
    if (complete.some((other) => other !== broker && !this.#ended.has(other))) return true
    // nobody is left, so that whoever led last will lead again: as it is
    return (
      ending === 'keeps its log' && !complete.some((other) => this.#ended.get(other)?.ending === 'loses of its log')
    )
  }

  /** The controller knows of those that have come back. */
  #forget(): void {
    for (const [broker, { life }] of this.#ended)
      if ((this.#cluster.controller.lifeOf(broker) ?? -1) > life) this.#ended.delete(broker)
  }
}

/** Those that have everything that was committed, as far as the controller knows. */
const completeOf = ({ isr, elr, lastKnownElr }: PartitionRegistration): readonly number[] => {
  const complete = [...new Set([...isr, ...elr])]
  return complete.length > 0 ? complete : lastKnownElr
}
