import { brokerName, isAnswer, type Switchboard } from '../switchboard.ts'
import type { RequestOf } from '../wire.ts'
import type { Process } from '../world/process.ts'
import type { World } from '../world/world.ts'
import type { HostedReplica } from './hosted-replica.ts'

export interface ReplicationParts {
  readonly world: World
  readonly process: Process
  readonly switchboard: Switchboard
  readonly replicas: () => Iterable<HostedReplica>
}

/** As Kafka's replica.fetch.wait.max.ms. */
const maxWaitMs = 500
const timeoutMs = 2_000
const backoffMs = 100

type Fetch = RequestOf<'replicate'>['fetches'][number]

/** The followers at one broker: one fetch is under way to each leader, for all partitions that follow it. */
export class Replication {
  readonly #parts: ReplicationParts
  readonly #underWay = new Set<number>()

  constructor(parts: ReplicationParts) {
    this.#parts = parts
  }

  /** Something may follow another leader now. */
  follow(): void {
    const leaders = new Set<number>()
    for (const { replica } of this.#parts.replicas())
      if (replica.role._tag === 'following' && replica.role.leader !== undefined) leaders.add(replica.role.leader)
    for (const leader of leaders) if (!this.#underWay.has(leader)) this.#fetch(leader)
  }

  #fetch(leader: number): void {
    const asked = new Map<string, { readonly hosted: HostedReplica; readonly fetch: Fetch['fetch'] }>()
    const fetches: Fetch[] = []
    for (const hosted of this.#parts.replicas()) {
      const { role } = hosted.replica
      if (role._tag !== 'following' || role.leader !== leader) continue
      const next = hosted.nextFetch()
      if (next === undefined) continue
      const { topic, partition, topicId } = hosted
      fetches.push({ topic, partition, topicId, fetch: next.fetch })
      asked.set(hosted.name, { hosted, fetch: next.fetch })
    }
    if (fetches.length === 0) return
    this.#underWay.add(leader)
    const { switchboard, process } = this.#parts
    switchboard.ask(process, brokerName(leader), {
      name: 'replicate',
      request: { maxWaitMs, fetches },
      timeoutMs,
      answered: (reply) => {
        if (!isAnswer(reply)) return this.#again(leader, backoffMs)
        let isRefused = false
        for (const { topic, partition, answer, batches } of reply) {
          isRefused ||= answer._tag === 'refused'
          const one = asked.get(`${topic}-${partition}`)
          one?.hosted.fetched(one.fetch, answer, batches)
        }
        this.#again(leader, isRefused ? backoffMs : 0)
      },
    })
  }

  #again(leader: number, delayMs: number): void {
    this.#parts.world.after(this.#parts.process, delayMs, 'fetches on', () => {
      this.#underWay.delete(leader)
      this.#fetch(leader)
    })
  }
}
