import type { Aftermath } from './replica-log.ts'
import { ReplicaLog } from './replica-log.ts'

/** What of a partition survives its broker's process. */
export interface PartitionOnDisk {
  readonly topicId: string
  readonly log: ReplicaLog
  /** As it was last written down; older than the real one. */
  highWatermark: number
}

/** A broker's virtual disk: it survives the process, and a loss of power as far as it was synced. */
export class BrokerDisk {
  readonly #partitions = new Map<string, PartitionOnDisk>()
  /** Nothing more can be written: whoever tries ends by {@link fail}. */
  isFull = false
  /** Takes the broker offline, as Kafka does when its only log directory fails. Throws. */
  fail: (why: string) => void = (why) => {
    throw new Error(why)
  }
  /** The last life ended in good order. */
  wasClosed = true

  /** The log of the partition, a new one that begins at `firstOffset` where there is none. */
  open(topicId: string, name: string, firstOffset = 0): PartitionOnDisk {
    const key = `${topicId}/${name}`
    const known = this.#partitions.get(key)
    if (known !== undefined) return known
    const log = new ReplicaLog(name, { write: () => this.#write(), fail: (why) => this.fail(why) })
    log.resetTo(firstOffset)
    const made = { topicId, log, highWatermark: firstOffset }
    this.#partitions.set(key, made)
    return made
  }

  find(topicId: string, name: string): PartitionOnDisk | undefined {
    return this.#partitions.get(`${topicId}/${name}`)
  }

  delete(topicId: string, name: string): void {
    this.#partitions.delete(`${topicId}/${name}`)
  }

  sync(): void {
    for (const { log } of this.#partitions.values()) log.sync()
  }

  /** As the next life finds it. What recovery has to cut off was not closed in good order. */
  comeBack(aftermath: Aftermath): void {
    if (this.isDamaged) this.wasClosed = false
    for (const partition of this.#partitions.values()) {
      partition.log.comeBack(aftermath)
      partition.highWatermark = Math.min(partition.highWatermark, partition.log.endOffset)
    }
  }

  get logs(): readonly ReplicaLog[] {
    return [...this.#partitions.values()].map(({ log }) => log)
  }

  /** Whether something of it cannot be read, and nobody has cut it off yet. */
  get isDamaged(): boolean {
    return this.logs.some(({ isDamaged }) => isDamaged)
  }

  #write(): void {
    if (this.isFull) this.fail('the disk is full')
  }

  /** Another disk was put in: nothing is there. */
  lose(): void {
    this.#partitions.clear()
    this.wasClosed = false
  }
}
