import { redrivenTopic } from '../codec/redrive.ts'
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

/**
 * What is committed of the letters in `topic` that were moved. What is told of a topic that had this name before says nothing of
 * this one.
 *
 * **Errors** rejects with `UnreadableRecord` where one cannot be read: it may tell of a letter that moved.
 */
export const readMoved = async (read: Read, topic: TopicDescription, signal?: AbortSignal): Promise<MovedLetters> => {
  const moved = new MovedLetters()
  const reading = signal === undefined ? {} : { signal }
  for await (const records of read(redrivenTopic(topic.name), reading))
    for (const { value } of records) if (value.letter.topicId === topic.id) moved.add(value.letter)
  return moved
}
