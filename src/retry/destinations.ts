import { aloneBytes } from '../batch/record-size.ts'
import type { RawRecord } from '../codec/dead-letter.ts'
import { redrivenRecord } from '../codec/redrive.ts'
import type { Engine, TopicDescription } from '../contracts/engine.ts'
import type { TopicPartition } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'
import { messageBytesDefault } from '../contracts/topic.ts'
import type { LetterRecord } from './read-letters.ts'

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
  async of({ letter, pipeline }: LetterRecord): Promise<Redirected | string> {
    if (this.#to === 'lane')
      return `pipeline '${pipeline}' has no retry topics, by which it alone would see them: say that they go to their origin, where all see them who read that`
    const { topic: name, partition } = letter.source
    const topic = await this.#find(name)
    if (topic === undefined) return `there is no topic '${name}' any more`
    if (partition >= topic.partitions) return `topic '${name}' has no partition ${partition} any more`
    const record = redrivenRecord(letter)
    const most = topic.config['max.message.bytes'] ?? messageBytesDefault
    if (aloneBytes(record.key, record.value, record.headers) > most)
      return `with its count it takes more than max.message.bytes of topic '${name}', ${most}`
    return { to: { topic: name, partition }, topic, record }
  }

  #find(name: string): Promise<TopicDescription | undefined> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const found = settle(this.#engine.topics.describe([name])).then(([topic]) => topic)
    this.#topics.set(name, found)
    return found
  }
}
