import { readRecords } from '../../batch/read-records.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import type { AnyRecord } from '../../contracts/stream-record.ts'
import type { AnyTopic } from '../../contracts/topic.ts'
import type { Change } from '../../engines/simulated/invariants/committed-changes.ts'
import { UnreadableRecord } from '../../pipeline/attempt-errors.ts'
import { readRecord, type Source, sourceOf } from '../../pipeline/source.ts'

interface Offset {
  readonly offset: number
  readonly writtenAt: number
}

/** What committed readers find in topics, and how far groups are, while the changes of a run are made again. */
export class Contents {
  readonly #topics: ReadonlyMap<string, AnyTopic>
  readonly #sources = new Map<string, Source>()
  /** By topic, then by partition, by offset. */
  readonly #records = new Map<string, Map<number, AnyRecord[]>>()
  /** By group, then by partition. */
  readonly #offsets = new Map<string, Map<string, Offset>>()

  constructor(topics: readonly AnyTopic[]) {
    this.#topics = new Map(topics.map((topic) => [topic.name, topic]))
  }

  apply(change: Change): void {
    if (change._tag === 'offset') return this.#commit(change)
    const topic = this.#topics.get(change.topic)
    if (topic === undefined) return
    const records = this.#recordsOf(change)
    for (const record of this.#read(topic, change)) {
      const at = records.findLastIndex(({ offset }) => offset < record.offset) + 1
      if (!change.withdrawn) records.splice(at, 0, record)
      else if (records[at]?.offset === record.offset) records.splice(at, 1)
    }
  }

  /** Everything in a topic, partition by partition. */
  all(topic: string): readonly AnyRecord[] {
    return this.before(topic, () => Number.POSITIVE_INFINITY)
  }

  /** What is in a topic before an offset of each partition. */
  before(topic: string, offsetOf: (at: TopicPartition) => number): readonly AnyRecord[] {
    const partitions = [...(this.#records.get(topic) ?? [])].sort(([a], [b]) => a - b)
    return partitions.flatMap(([partition, records]) => {
      const end = offsetOf({ topic, partition })
      return records.filter(({ offset }) => offset < end)
    })
  }

  /** Where a group goes on; 0 where it has committed nothing. */
  committed(group: string, at: TopicPartition): number {
    return this.#offsets.get(group)?.get(partitionName(at))?.offset ?? 0
  }

  /** What a group has committed of a topic, for people: `orders-0 to 3, orders-1 to 5`. */
  progress(group: string, topic: string): string {
    const partitions = [...(this.#records.get(topic)?.keys() ?? [])].sort((a, b) => a - b)
    return partitions
      .map((partition) => {
        const at = { topic, partition }
        return `${partitionName(at)} to ${this.committed(group, at)}`
      })
      .join(', ')
  }

  #commit(change: Extract<Change, { _tag: 'offset' }>): void {
    const { group, offset, writtenAt } = change
    let offsets = this.#offsets.get(group)
    if (offsets === undefined) {
      offsets = new Map()
      this.#offsets.set(group, offsets)
    }
    const name = partitionName(change)
    const before = offsets.get(name)
    if (before !== undefined && before.writtenAt > writtenAt) return
    if (offset === undefined) offsets.delete(name)
    else offsets.set(name, { offset, writtenAt })
  }

  #recordsOf({ topic, partition }: TopicPartition): AnyRecord[] {
    let partitions = this.#records.get(topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.#records.set(topic, partitions)
    }
    let records = partitions.get(partition)
    if (records === undefined) {
      records = []
      partitions.set(partition, records)
    }
    return records
  }

  /** What cannot be read is told when all is worked off. */
  #read(topic: AnyTopic, change: Extract<Change, { _tag: 'records' }>): readonly AnyRecord[] {
    const name = partitionName(change)
    const source = this.#sources.get(name) ?? sourceOf(topic, change.partition)
    this.#sources.set(name, source)
    const found: AnyRecord[] = []
    readRecords(change.bytes, (cursor) => {
      const record = readRecord(source, cursor, undefined)
      if (!(record instanceof UnreadableRecord)) found.push(record)
    })
    return found
  }
}
