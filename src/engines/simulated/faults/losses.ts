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
 * since. Those that kept their logs count with those that did not, since the controller cannot tell them apart. So do
 * those that will end, in whichever life, since their disks are full, or damaged where nobody has looked yet.
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
    const ended = this.#endings()
    const atOnce = new Set([...ended.keys(), broker]).size
    const { eligibleLeaderReplicas, minInsyncReplicas } = this.#cluster.options
    if (ending === 'loses of its log' || [...ended.values()].includes('loses of its log')) {
      if (!eligibleLeaderReplicas || atOnce >= minInsyncReplicas) return false
    }
    for (const { layout } of this.#cluster.controller.view.topics.values())
      for (const registration of layout) if (!isLeft(registration, ended, broker, ending)) return false
    return true
  }

  /** The broker's present life ends uncleanly, or is bound to. The answer takes it back, if it lives on. */
  note(broker: number, ending: Ending): () => void {
    const life = this.#cluster.processOf(broker)?.number
    if (life === undefined) return () => {}
    // what was lost before that, and nobody has heard of, is not there because this life loses nothing more
    const known = this.#endings().get(broker)
    const ended = { life, ending: known === 'loses of its log' ? known : ending }
    this.#ended.set(broker, ended)
    return () => {
      if (this.#cluster.processOf(broker)?.number === life && this.#ended.get(broker) === ended)
        this.#ended.delete(broker)
    }
  }

  /** Whoever has ended, or will, by how. */
  #endings(): ReadonlyMap<number, Ending> {
    const endings = new Map<number, Ending>()
    for (const id of this.#cluster.ids) {
      const ending = this.#endingOf(id)
      if (ending !== undefined) endings.set(id, ending)
    }
    return endings
  }

  #endingOf(id: number): Ending | undefined {
    const { controller } = this.#cluster
    const disk = this.#cluster.disk(id)
    const known = controller.lifeOf(id)
    const noted = this.#ended.get(id)
    // the controller knows of those that have come back
    const isOver = noted !== undefined && (known ?? -1) > noted.life
    if (isOver) this.#ended.delete(id)
    if (disk.isDamaged) return 'loses of its log'
    if (noted !== undefined && !isOver) return noted.ending
    // by itself, since it could not go on
    if (known !== this.#cluster.processOf(id)?.number && !disk.wasClosed) return 'loses of its log'
    return disk.isFull ? 'keeps its log' : undefined
  }
}

/** Whether of a partition somebody is left who has all of it, once this one has ended as well. */
const isLeft = (
  registration: PartitionRegistration,
  ended: ReadonlyMap<number, Ending>,
  broker: number,
  ending: Ending,
): boolean => {
  const complete = completeOf(registration)
  if (!complete.includes(broker)) return true
  if (complete.some((other) => other !== broker && !ended.has(other))) return true
  // nobody is left, so that whoever led last will lead again: as it is
  return ending === 'keeps its log' && !complete.some((other) => ended.get(other) === 'loses of its log')
}

/** Those that have everything that was committed, as far as the controller knows. */
const completeOf = ({ isr, elr, lastKnownElr }: PartitionRegistration): readonly number[] => {
  const complete = [...new Set([...isr, ...elr])]
  return complete.length > 0 ? complete : lastKnownElr
}
