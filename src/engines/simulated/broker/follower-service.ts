import { partitionName } from '../../../contracts/position.ts'
import type { ReplyOf, RequestOf } from '../wire.ts'
import type { BrokerParts, Handlers } from './broker-parts.ts'
import type { HostedPartitions } from './hosted-partitions.ts'
import type { HostedReplica } from './hosted-replica.ts'
import { waitFor } from './wait-for.ts'

const fetchBytes = 1024 * 1024

type Fetches = RequestOf<'replicate'>['fetches']
type Served = ReplyOf<'replicate'>

/** What followers elsewhere are answered by the leaders that are here. */
export class FollowerService {
  readonly #parts: Pick<BrokerParts, 'world' | 'process'>
  readonly #partitions: HostedPartitions
  /** The high watermark that each follower was last told, so that it hears of a new one at once. */
  readonly #told = new Map<string, number>()

  constructor(parts: Pick<BrokerParts, 'world' | 'process'>, partitions: HostedPartitions) {
    this.#parts = parts
    this.#partitions = partitions
  }

  readonly handlers: Handlers<'replicate'> = {
    replicate: ({ maxWaitMs, fetches }, answer) => {
      const partitions = fetches.flatMap((position) => this.#partitions.at(position) ?? [])
      waitFor(
        this.#parts,
        { partitions, maxWaitMs },
        () => this.#news(fetches),
        (news) => {
          const served = news ?? this.#servedNow(fetches)
          this.#note(fetches, served)
          answer(served)
        },
      )
    },
  }

  /** Answers to all of them, if one of them is worth it. */
  #news(fetches: Fetches): Served | undefined {
    let isNews = false
    const served = fetches.map(({ topic, partition, topicId, fetch }): Served[number] => {
      const hosted = this.#partitions.at({ topic, partition })
      if (hosted?.topicId !== topicId) {
        isNews = true
        const refused = { _tag: 'refused', reason: 'unknown-leader-epoch' } as const
        return { topic, partition, topicId, answer: refused, batches: [] }
      }
      const { answer, batches } = hosted.serve(fetch, fetchBytes)
      isNews ||= answer._tag !== 'served' || batches.length > 0 || answer.highWatermark > this.#toldTo(hosted, fetch)
      return { topic, partition, topicId, answer, batches }
    })
    return isNews ? served : undefined
  }

  #servedNow(fetches: Fetches): Served {
    return fetches.flatMap(({ topic, partition, topicId, fetch }) => {
      const hosted = this.#partitions.at({ topic, partition })
      return hosted?.topicId === topicId ? [{ topic, partition, topicId, ...hosted.serve(fetch, fetchBytes) }] : []
    })
  }

  #note(fetches: Fetches, served: Served): void {
    for (const { topic, partition, answer } of served) {
      const fetch = fetches.find((one) => one.topic === topic && one.partition === partition)?.fetch
      if (fetch !== undefined && answer._tag === 'served')
        this.#told.set(`${partitionName({ topic, partition })}>${fetch.brokerId}`, answer.highWatermark)
    }
  }

  #toldTo(hosted: HostedReplica, { brokerId }: { readonly brokerId: number }): number {
    return this.#told.get(`${hosted.name}>${brokerId}`) ?? -1
  }
}
