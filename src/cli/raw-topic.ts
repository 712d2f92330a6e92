import { bytes } from '../codec/bytes.ts'
import { nullable } from '../codec/nullable.ts'
import type { Topic } from '../contracts/topic.ts'

/** A key or a value as it lies in the log. */
export type Field = Uint8Array | null

/** A topic of bytes by its name, one of the engine's own too. */
export const rawTopic = (name: string): Topic<Field, Field> => ({
  name,
  key: nullable(bytes),
  value: nullable(bytes),
  partitions: 1,
  config: {},
})
