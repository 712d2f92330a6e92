import { type DeadLetter } from '../codec/dead-letter.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { Topic } from '../contracts/topic.ts'
import type { UnreadableRecord } from '../pipeline/attempt-errors.ts'
import type { LetterFacts } from '../protocol/retry/redrive.ts'
import { redrivenOf } from './redriven-record.ts'

/** A topic of dead letters. */
export type LettersTopic = Topic<Uint8Array | null, DeadLetter>

/** How a reading goes, as `Millrace.read` has it. */
export interface Reading {
  readonly from?: { readonly timestamp: number }
  readonly partitions?: readonly number[]
  readonly signal?: AbortSignal
  /** Hears of a record that is none, and is left out; without it the reading ends there. */
  readonly onUnreadable?: (error: UnreadableRecord) => void
}

/** The records of a topic that are committed when it is called, a partition's in order, an array a fetch. */
export type Read = <K, V>(topic: Topic<K, V>, reading: Reading) => AsyncIterable<readonly StreamRecord<K, V>[]>

/** A letter, and where it lies. */
export interface LetterRecord extends LetterFacts {
  readonly letter: DeadLetter
}

/** How letters are read: as far as a filter needs it. */
export interface LetterReading extends Reading {
  readonly topic: LettersTopic
  readonly partition: number
  readonly read: Read
}

/** The letters of one partition, oldest first, an array a fetch. What is no letter is left out, and told. */
export async function* readLetters(o: LetterReading): AsyncGenerator<readonly LetterRecord[], void, undefined> {
  const { topic, partition, read, ...reading } = o
  for await (const records of read(topic, { ...reading, partitions: [partition] })) yield records.map(letterOf)
}

const letterOf = (record: StreamRecord<Uint8Array | null, DeadLetter>): LetterRecord => {
  const { topic, partition, offset, timestamp, value: letter } = record
  return {
    topic,
    partition,
    offset,
    timestamp,
    key: letter.record.key,
    pipeline: letter.pipeline,
    error: letter.error.name,
    reason: letter.reason,
    origin: letter.source,
    redriven: redrivenOf(letter),
    letter,
  }
}
