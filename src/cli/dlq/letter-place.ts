import type { Position } from '../../contracts/position.ts'
import { Complaint } from '../complaint.ts'

/** Where the letter of this id lies. **Errors** throws a {@link Complaint} for what is no id. */
export const placeOf = (id: string): Position => {
  const [, topic, partition, offset] = /^(.+)-(\d+)-(\d+)$/.exec(id) ?? []
  if (topic === undefined)
    throw new Complaint('usage', `'${id}' names no letter: write TOPIC-PARTITION-OFFSET, as list shows it`)
  return { topic, partition: Number(partition), offset: Number(offset) }
}
