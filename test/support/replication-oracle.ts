import { maximalIsr } from '../../src/protocol/broker/high-watermark.ts'
import { effectiveMinIsr } from '../../src/protocol/broker/partition-registration.ts'
import type { Entry, ReplicationWorld, TestBroker } from './replication-world.ts'

/**
 * Watches a world and throws at the first thing that replication must not do.
 *
 * Source: the invariants of Vanlightly's TLA+ models of Kafka's replication with KIP-966, and of hachikuji's of KIP-320.
 */
export class ReplicationOracle {
  readonly #world: ReplicationWorld
  readonly #leaders = new Map<number, number>()
  readonly #highWatermarks = new Map<string, number>()
  /** What any leader has called committed, from offset 0. */
  readonly #committed: Entry[] = []

  constructor(world: ReplicationWorld) {
    this.#world = world
    world.onHighWatermark = (broker) => this.#moved(broker)
  }

  check(): void {
    const { brokers } = this.#world
    for (const broker of brokers) this.#checkLog(broker)
    this.#checkMatching()
    for (const broker of brokers) if (broker.running) this.#checkLeader(broker)
    this.#checkController()
    for (const broker of brokers) {
      if (broker.damaged && this.#world.registration.isr.includes(broker.id) && this.#lacks(broker) === undefined) {
        broker.damaged = !this.#world.isRegistered(broker)
      }
    }
  }

  /** How many records were committed. */
  get committed(): number {
    return this.#committed.length
  }

  #moved(broker: TestBroker): void {
    const { replica } = broker
    const { start, highWatermark } = replica.log
    if (replica.role._tag !== 'leading') return
    const key = `${broker.epoch}/${replica.leaderEpoch}`
    const before = this.#highWatermarks.get(key) ?? -1
    if (highWatermark < before)
      fail(`the high watermark of leader ${broker.id} went back from ${before} to ${highWatermark}`)
    this.#highWatermarks.set(key, highWatermark)
    if (this.#world.unclean) return
    if (highWatermark > replica.log.end) fail(`leader ${broker.id} commits what it does not have`)
    for (let offset = start; offset < highWatermark; offset++) {
      const entry = broker.entries[offset - start]
      const known = this.#committed[offset]
      if (entry === undefined) fail(`leader ${broker.id} has no record at ${offset}`)
      else if (known === undefined) this.#committed[offset] = entry
      else if (known.value !== entry.value)
        fail(`two records are committed at ${offset}: ${known.value}, ${entry.value}`)
    }
  }

  #checkLog({ id, entries, replica, running }: TestBroker): void {
    const { start, end, highWatermark } = replica.log
    if (!running) return
    if (entries.length !== end - start)
      fail(`broker ${id} thinks its log is ${start}..${end}, it has ${entries.length} records`)
    if (highWatermark < start || highWatermark > end)
      fail(`high watermark ${highWatermark} of broker ${id} is outside of its log`)
    if (entries.some((entry, at) => entry.epoch < (entries[at - 1]?.epoch ?? 0)))
      fail(`epochs go back in the log of ${id}`)
  }

  /** Two logs that have a record of the same epoch at the same offset are the same up to there; and they are up to both high watermarks. */
  #checkMatching(): void {
    const { brokers, unclean } = this.#world
    for (const a of brokers) {
      for (const b of brokers) {
        if (a.id >= b.id) continue
        const start = Math.max(a.replica.log.start, b.replica.log.start)
        const at = (broker: TestBroker, offset: number) => broker.entries[offset - broker.replica.log.start]
        let parted: number | undefined
        for (let offset = start; at(a, offset) !== undefined && at(b, offset) !== undefined; offset++) {
          const isSame = at(a, offset)?.value === at(b, offset)?.value
          if (!isSame) parted ??= offset
          if (parted !== undefined && at(a, offset)?.epoch === at(b, offset)?.epoch) {
            fail(`the logs of ${a.id} and ${b.id} part at ${parted} and have the same epoch at ${offset}`)
          }
        }
        const both = Math.min(a.replica.log.highWatermark, b.replica.log.highWatermark)
        if (!unclean && parted !== undefined && parted < both) {
          fail(`the logs of ${a.id} and ${b.id} part at ${parted}, below both high watermarks`)
        }
      }
    }
  }

  #checkLeader(broker: TestBroker): void {
    const { registration, unclean, brokers } = this.#world
    const { replica, id } = broker
    const { role, leaderEpoch } = replica
    if (role._tag !== 'leading') return
    const known = this.#leaders.get(leaderEpoch) ?? id
    if (known !== id) fail(`leader epoch ${leaderEpoch} has two leaders, ${known} and ${id}`)
    this.#leaders.set(leaderEpoch, id)
    if (leaderEpoch !== registration.leaderEpoch) return
    const maximal = maximalIsr(role)
    const missing = registration.isr.filter((member) => !maximal.includes(member))
    if (missing.length > 0) fail(`[${missing}] are in sync, and leader ${id} does not know it`)
    if (unclean) return
    const lacks = this.#lacks(broker)
    if (lacks !== undefined) fail(`leader ${id} lacks the committed record at ${lacks}`)
    for (const member of brokers) {
      if (!maximal.includes(member.id) || member.damaged) continue
      if (member.replica.log.start + member.entries.length < replica.log.highWatermark) {
        fail(`the high watermark ${replica.log.highWatermark} of leader ${id} is above what ${member.id} has`)
      }
    }
  }

  #checkController(): void {
    const { registration, unclean, settings, brokers } = this.#world
    const { isr, elr, leader, replicas } = registration
    const min = effectiveMinIsr(settings.minInsyncReplicas, replicas)
    if (elr.length > 0 && isr.length >= min) fail('there are eligible replicas beside a full ISR')
    if (isr.length === 0 && !settings.eligibleLeaderReplicas) fail('nobody is in sync')
    if (leader !== undefined && !isr.includes(leader)) fail(`leader ${leader} is not in sync`)
    if (unclean) return
    for (const broker of brokers) {
      if (![...isr, ...elr].includes(broker.id)) continue
      // One that is down, and has lost records, leaves when it registers.
      if (broker.damaged && !this.#world.isRegistered(broker)) continue
      const lacks = this.#lacks(broker)
      if (lacks !== undefined) fail(`${broker.id} may be elected, and lacks the committed record at ${lacks}`)
    }
  }

  /** The first offset at which it does not have what was committed or acknowledged. */
  #lacks({ entries, replica }: TestBroker): number | undefined {
    const { start } = replica.log
    const has = (offset: number, value: number) => offset < start || entries[offset - start]?.value === value
    const lost = this.#world.acknowledged.find(({ offset, value }) => !has(offset, value))?.offset
    if (lost !== undefined) return lost
    const at = this.#committed.findIndex((entry, offset) => entry !== undefined && !has(offset, entry.value))
    return at === -1 ? undefined : at
  }
}

const fail = (what: string): never => {
  throw new Error(`broken: ${what}`)
}
