import { type Redriven, redrivenTopic } from '../codec/redrive.ts'
import type { TopicDescription } from '../contracts/engine.ts'
import type { Position } from '../contracts/position.ts'
import { OffsetSet } from '../protocol/retry/offset-set.ts'
import type { Read } from './read-letters.ts'

/** Which letters of a topic were moved. Takes a bit a letter. */
export class MovedLetters {
  readonly #partitions = new Map<number, OffsetSet>()

  has({ partition, offset }: Position): boolean {
    return this.#partitions.get(partition)?.has(offset) ?? false
  }

  add({ partition, offset }: Position): void {
    const known = this.#partitions.get(partition)
    const offsets = known ?? new OffsetSet()
    if (known === undefined) this.#partitions.set(partition, offsets)
    offsets.add(offset)
  }
}

/** How long it is remembered at least who moved a record where: 90 days. Longer, for as long as its letter is there. */
export const notesKeptMs: number = 90 * 24 * 60 * 60 * 1000

/** What is noted of a topic's letters. */
export interface Notes {
  readonly moved: MovedLetters
  /** Behind the last note of those that nobody needs any more, from the first on. */
  readonly neededFrom: number
}

/**
 * What is committed of the letters in `topic` that were moved. What is told of a topic that had this name before says nothing of
 * this one. `starts` is where the topic's partitions begin: what lies before is gone.
 *
 * **Errors** rejects with `UnreadableRecord` where one cannot be read: it may tell of a letter that moved.
 */
export const readNotes = async (
  read: Read,
  topic: TopicDescription,
  {
    nowMs,
    starts,
    signal,
  }: { readonly nowMs: number; readonly starts: readonly Position[]; readonly signal?: AbortSignal },
): Promise<Notes> => {
  const moved = new MovedLetters()
  const startOf = new Map(starts.map(({ partition, offset }) => [partition, offset]))
  const isNeeded = ({ letter, at }: Redriven): boolean =>
    at > nowMs - notesKeptMs || (letter.topicId === topic.id && letter.offset >= (startOf.get(letter.partition) ?? 0))
  let neededFrom = 0
  let isFirstNeeded = false
  for await (const records of read(redrivenTopic(topic.name), signal === undefined ? {} : { signal }))
    for (const { value, offset } of records) {
      if (value.letter.topicId === topic.id) moved.add(value.letter)
      isFirstNeeded ||= isNeeded(value)
      if (!isFirstNeeded) neededFrom = offset + 1
    }
  return { moved, neededFrom }
}
