import { describe, expect, it } from 'vitest'
import { seal } from '../../../../src/batch/record-batch.ts'
import type { ObservedReplica, Situation } from '../../../../src/engines/simulated/broker/observer.ts'
import { ReplicaLog } from '../../../../src/engines/simulated/broker/replica-log.ts'
import { PartitionWatch } from '../../../../src/engines/simulated/invariants/partition-watch.ts'
import { loadReplica, type Replica } from '../../../../src/protocol/broker/replica-state.ts'
import { batch } from '../../../../src/testing/conformance/records.ts'

/** Three replicas of a partition that do what a test says, and a watch over them. */
class Stage {
  readonly broken: string[] = []
  readonly reached = new Set<Situation>()
  readonly #replicas = [0, 1, 2].map((brokerId) => replicaAt(brokerId))
  readonly #logs = [0, 1, 2].map(() => new ReplicaLog('t-0'))
  #epoch = 0
  #sequence = 0
  readonly watch: PartitionWatch

  constructor() {
    this.watch = new PartitionWatch(this.at(0), {
      violated: (kind) => this.broken.push(kind),
      reached: (situation) => this.reached.add(situation),
      logAt: (broker) => this.log(broker),
    })
  }

  log(broker: number): ReplicaLog {
    return this.#logs[broker] as ReplicaLog
  }

  at(broker: number, lastStableOffset?: number): ObservedReplica {
    const replica = this.#replicas[broker] as Replica
    const { highWatermark } = replica.log
    const stable = lastStableOffset ?? highWatermark
    const of = { topic: 't', topicId: 'id', partition: 0, name: 't-0' }
    return { ...of, log: this.log(broker), replica, highWatermark, lastStableOffset: stable }
  }

  /** The broker is told that it leads. */
  lead(broker: number, leaderEpoch: number, isr: readonly number[] = [0, 1, 2]): void {
    this.#epoch = leaderEpoch
    const followers = new Map(
      isr.map((id) => [
        id,
        { logEnd: 0, logStart: 0, lastFetch: 0, leaderEndAtLastFetch: 0, lastCaughtUp: 0, brokerEpoch: 1 },
      ]),
    )
    const role = { _tag: 'leading' as const, epochStart: 0, isr, pending: undefined, followers, waiting: [] }
    this.#change(broker, { role, leaderEpoch, partitionEpoch: leaderEpoch })
  }

  follow(broker: number, leaderEpoch: number): void {
    const role = { _tag: 'following' as const, leader: 0, fetch: undefined }
    this.#change(broker, { role, leaderEpoch, partitionEpoch: leaderEpoch })
  }

  write(leader: number, to: readonly number[], sequence = this.#sequence++): void {
    const { bytes } = batch('t', 0, ['value'])
    seal(bytes, { producerId: 7, producerEpoch: 0, baseSequence: sequence, transactional: false })
    this.log(leader).append(bytes, this.#epoch, 0)
    for (const broker of to) this.log(broker).follow([bytes], 0)
    for (const broker of [leader, ...to]) this.highWatermark(broker, this.at(broker).highWatermark)
  }

  highWatermark(broker: number, highWatermark: number, stable?: number): void {
    this.#change(broker, {}, highWatermark, stable)
  }

  #change(broker: number, what: Partial<Replica>, highWatermark?: number, stable?: number): void {
    const replica = this.#replicas[broker] as Replica
    const end = this.log(broker).endOffset
    const log = { ...replica.log, end, highWatermark: highWatermark ?? replica.log.highWatermark }
    this.#replicas[broker] = { ...replica, ...what, log }
    this.watch.look(this.at(broker, stable))
  }
}

const replicaAt = (brokerId: number): Replica =>
  loadReplica({
    name: 't-0',
    brokerId,
    brokerEpoch: 1,
    settings: { minInsyncReplicas: 2, replicaLagTimeMaxMs: 1_000 },
    log: { start: 0, end: 0, epochs: [], highWatermark: 0 },
  })

/** What goes wrong, and what is said about it. */
const wrongs: Readonly<Record<string, (stage: Stage) => void>> = {
  'two-leaders': (s) => s.lead(1, 0),
  'epoch-went-back': (s) => {
    s.lead(0, 3)
    s.lead(0, 2)
  },
  'high-watermark-went-back': (s) => {
    s.write(0, [1, 2])
    s.highWatermark(0, 1)
    s.highWatermark(0, 0)
  },
  'high-watermark-beyond-isr': (s) => {
    s.write(0, [1])
    s.highWatermark(0, 1)
  },
  'committed-lost': (s) => {
    s.write(0, [1, 2])
    s.highWatermark(0, 1)
    s.log(2).truncateTo(0)
    s.lead(2, 1)
  },
  'logs-differ': (s) => {
    s.write(0, [1, 2])
    s.highWatermark(0, 1)
    s.log(2).truncateTo(0)
    s.log(2).append(batch('t', 0, ['another']).bytes, 0, 0)
    s.follow(2, 0)
    s.highWatermark(2, 1)
  },
  'acknowledged-too-early': (s) => {
    s.write(0, [1, 2])
    s.watch.acknowledged(s.at(0), 1)
  },
  'stable-offset-went-back': (s) => {
    s.write(0, [1, 2])
    s.highWatermark(0, 1, 2)
  },
  'sequence-broken': (s) => {
    s.write(0, [1, 2], 0)
    s.write(0, [1, 2], 0)
    s.highWatermark(0, 2)
  },
}

describe('a watch over a partition', () => {
  it.each(Object.entries(wrongs))('sees %s', (kind, goWrong) => {
    const stage = new Stage()
    stage.lead(0, 0)
    expect(stage.broken).toEqual([])
    goWrong(stage)
    expect(stage.broken[0]).toBe(kind)
  })

  it('says nothing against a run that keeps its promises', () => {
    const stage = new Stage()
    stage.lead(0, 0)
    stage.write(0, [1, 2])
    stage.highWatermark(0, 1)
    stage.write(0, [1])
    stage.log(0).truncateTo(1)
    stage.lead(1, 1, [1, 2])
    stage.follow(0, 1)
    stage.highWatermark(1, 1)
    expect({ broken: stage.broken, reached: [...stage.reached].sort() }).toEqual({
      broken: [],
      reached: ['leader changed', 'truncated'],
    })
  })

  it('says nothing against what an unclean election loses', () => {
    const stage = new Stage()
    stage.lead(0, 0, [0])
    stage.write(0, [])
    stage.highWatermark(0, 1)
    stage.watch.uncleanly(1)
    stage.lead(1, 1, [1])
    stage.write(1, [])
    stage.highWatermark(1, 1)
    expect({ broken: stage.broken, unclean: stage.reached.has('unclean election') }).toEqual({
      broken: [],
      unclean: true,
    })
  })

  it('has patience with what others still have of that, until they are in sync', () => {
    const stage = new Stage()
    stage.lead(0, 0, [0, 1])
    stage.write(0, [1])
    for (const broker of [0, 1]) stage.highWatermark(broker, 1)
    stage.watch.uncleanly(1)
    stage.lead(2, 1, [2])
    stage.write(2, [])
    stage.highWatermark(2, 1)
    stage.follow(1, 1)
    stage.highWatermark(1, 1)
    expect({ broken: stage.broken, unclean: stage.reached.has('unclean election') }).toEqual({
      broken: [],
      unclean: true,
    })
    stage.lead(2, 1, [2, 1])
    stage.highWatermark(1, 1)
    expect(stage.broken).toEqual(['logs-differ'])
  })

  it('does not count what is committed by whoever led before an unclean election, and has not heard of it', () => {
    const stage = new Stage()
    stage.lead(0, 0, [0])
    stage.watch.uncleanly(1)
    stage.lead(1, 1, [1])
    stage.write(0, [])
    stage.highWatermark(0, 1)
    stage.write(1, [])
    stage.highWatermark(1, 1)
    expect(stage.broken).toEqual([])
    stage.write(1, [2])
    stage.follow(2, 1)
    stage.highWatermark(1, 2)
    stage.lead(2, 2, [2])
    expect(stage.broken).toEqual(['committed-lost'])
  })
})
