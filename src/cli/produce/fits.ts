import { aloneBytes } from '../../batch/record-size.ts'
import type { TopicDescription } from '../../contracts/engine.ts'
import { isCompacted, messageBytesDefault } from '../../contracts/topic.ts'
import { Complaint } from '../complaint.ts'
import { FieldError } from '../field-form.ts'
import type { Line } from './read-line.ts'

/** What a record in a batch of its own may take in `topic`. */
export const recordBytesMax = ({ config }: TopicDescription): number =>
  config['max.message.bytes'] ?? messageBytesDefault

/** A {@link Complaint} where no record can go to `topic`, or not to the partition that was named for all of them. */
export const refuseTarget = ({ name, internal, partitions }: TopicDescription, partition?: number): void => {
  if (internal) throw new Complaint('usage', `topic '${name}' is the engine's own: write to a topic that you created`)
  if (partition !== undefined && partition >= partitions)
    throw new Complaint('missing', `topic '${name}' has partitions 0 to ${partitions - 1}, and not ${partition}`)
}

/** Throws a {@link FieldError} for a record that `topic` has no place for: found here, its line has a number. */
export const refuseMisfit = (topic: TopicDescription, { key, value, headers, partition }: Line): void => {
  const { name, partitions, config } = topic
  const sizeBytes = aloneBytes(key, value, headers as ReadonlyMap<string, Uint8Array>)
  const maxBytes = recordBytesMax(topic)
  if (sizeBytes > maxBytes)
    throw new FieldError(`takes ${sizeBytes} bytes, and max.message.bytes of topic '${name}' is ${maxBytes}`)
  if (key === null && isCompacted(config))
    throw new FieldError(`has no key, and topic '${name}' is compacted by key: give it one`)
  if (partition !== undefined && partition >= partitions)
    throw new FieldError(`names partition ${partition} of topic '${name}', which has 0 to ${partitions - 1}`)
}
