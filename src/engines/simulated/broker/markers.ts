import type { TopicPartition } from '../../../contracts/position.ts'
import type { TransactionEffect } from '../../../protocol/broker/transaction-messages.ts'
import { brokerName, isAnswer, type Switchboard } from '../switchboard.ts'
import type { ClusterView } from '../wire.ts'
import type { Process } from '../world/process.ts'
import type { World } from '../world/world.ts'
import type { MarkersSent } from './transaction-shard.ts'

export interface MarkersParts {
  readonly world: World
  readonly process: Process
  readonly switchboard: Switchboard
  readonly view: () => ClusterView | undefined
}

const timeoutMs = 2_500
const backoffMs = 100

type WriteMarkers = Extract<TransactionEffect, { _tag: 'writeMarkers' }>

/** Brings the ends of transactions to the leaders of their partitions, again and again until each is written or refused. */
export class Markers {
  readonly #parts: MarkersParts

  constructor(parts: MarkersParts) {
    this.#parts = parts
  }

  send(markers: WriteMarkers, sent: (what: MarkersSent) => void, isWanted: () => boolean): void {
    if (!isWanted()) return
    const { world, process, switchboard, view } = this.#parts
    const { producerId, epoch, coordinatorEpoch, commit } = markers
    const written = (partitions: readonly TopicPartition[]) =>
      sent({ _tag: 'markersWritten', partitions, producerId, epoch, now: world.wallMs })
    const topics = view()?.topics
    const gone = topics === undefined ? [] : markers.partitions.filter(({ topic }) => !topics.has(topic))
    if (gone.length > 0) written(gone)
    const leaderOf = ({ topic, partition }: TopicPartition) => topics?.get(topic)?.layout[partition]?.leader
    const again = (partitions: readonly TopicPartition[]) =>
      world.after(process, backoffMs, 'sends markers again', () =>
        this.send({ ...markers, partitions }, sent, isWanted),
      )
    const left = markers.partitions.filter((at) => !gone.includes(at))
    for (const [leader, partitions] of Map.groupBy(left, leaderOf)) {
      if (leader === undefined) {
        again(partitions)
        continue
      }
      switchboard.ask(process, brokerName(leader), {
        name: 'writeMarkers',
        request: { producerId, epoch, coordinatorEpoch, commit, partitions },
        timeoutMs,
        answered: (reply) => {
          if (!isAnswer(reply)) return again(partitions)
          const refused = reply.some(({ failure }) => failure !== undefined && isFinal(failure.code))
          if (refused) return sent({ _tag: 'markersRefused' })
          const settled = reply.filter(({ failure }) => failure === undefined)
          if (settled.length > 0) written(settled.map(({ topic, partition }) => ({ topic, partition })))
          const missing = reply.filter(({ failure }) => failure !== undefined)
          if (missing.length > 0) again(missing.map(({ topic, partition }) => ({ topic, partition })))
        },
      })
    }
  }
}

/** The partition knows of a later coordinator, or of a later epoch of the producer. */
const isFinal = (code: string): boolean => code === 'coordinator-fenced' || code === 'invalid-producer-epoch'
