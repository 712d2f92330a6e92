import { aloneBytes } from '../batch/record-size.ts'
import type { RawRecord } from '../codec/dead-letter.ts'
import type { Engine, TopicDescription } from '../contracts/engine.ts'
import type { TopicPartition } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'
import { messageBytesDefault } from '../contracts/topic.ts'
import { atOnce, retryTopicName } from '../pipeline/retry-topics.ts'
import { markedHeaders } from '../protocol/retry/headers.ts'
import { unmarked } from '../protocol/retry/history.ts'
import type { LetterRecord } from './read-letters.ts'
import { redrivenRecord } from './redriven-record.ts'

/** Where redriven records go: to the topic in which they were read, or to their pipeline alone. */
export type RedriveTo = 'origin' | 'lane'

/** A record on its way back. */
export interface Redirected {
  readonly to: TopicPartition
  readonly topic: TopicDescription
  readonly record: Pick<RawRecord, 'key' | 'value' | 'headers' | 'timestamp'>
}

/** Says where the records of letters go. Looks each topic up once. */
export class Destinations {
  readonly #engine: Engine
  readonly #to: RedriveTo
  readonly #topics = new Map<string, Promise<TopicDescription | undefined>>()

  constructor(engine: Engine, to: RedriveTo) {
    this.#engine = engine
    this.#to = to
  }

  /** Where the record of `letter` goes; or why it cannot. */
  async of(letter: LetterRecord): Promise<Redirected | string> {
    return this.#to === 'origin' ? this.#toOrigin(letter) : this.#toLane(letter)
  }

  async #toOrigin({ letter }: LetterRecord): Promise<Redirected | string> {
    const { topic: name, partition } = letter.source
    const topic = await this.#find(name)
    if (topic === undefined) return `there is no topic '${name}' any more`
    return fitting(topic, partition, redrivenRecord(letter))
  }

  /** As what was put off comes in again: as the record that it was, to the task that had it. */
  async #toLane({ letter, pipeline }: LetterRecord): Promise<Redirected | string> {
    const topic = await this.#find(retryTopicName(pipeline, atOnce))
    if (topic === undefined)
      return `pipeline '${pipeline}' has no retry topics: say that they go to their origin, for all who read it`
    const record = redrivenRecord(letter)
    // due by any clock: nothing is to wait behind one of a machine whose clock is ahead
    const headers = markedHeaders(record.headers, { origin: letter.source, history: unmarked, dueAtMs: 0 })
    return fitting(topic, letter.source.partition, { ...record, headers })
  }

  #find(name: string): Promise<TopicDescription | undefined> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const found = settle(this.#engine.topics.describe([name])).then(([topic]) => topic)
    this.#topics.set(name, found)
    return found
  }
}

const fitting = (topic: TopicDescription, partition: number, record: Redirected['record']): Redirected | string => {
  const { name, partitions, config } = topic
  if (partition >= partitions) return `topic '${name}' has no partition ${partition}`
  const most = config['max.message.bytes'] ?? messageBytesDefault
  if (aloneBytes(record.key, record.value, record.headers) > most)
    return `with what is noted on it the record takes more than max.message.bytes of topic '${name}', ${most}`
  return { to: { topic: name, partition }, topic, record }
}
