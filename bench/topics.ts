import { bytes, type ConnectOptions, type Topic, text, topic } from 'millrace'

/** What an acknowledgement survives. */
export type Durability = NonNullable<ConnectOptions['durability']>

export const partitions = 4

export const input: Topic<string, Uint8Array, 'input'> = topic('input', { key: text, value: bytes, partitions })
export const output: Topic<string, Uint8Array, 'output'> = topic('output', { key: text, value: bytes, partitions })

/** The work on a record: next to none, in place, since what was read is a copy of its own on both sides. */
export const turned = (value: Uint8Array): Uint8Array => {
  value[0] = (value[0] ?? 0) ^ 0xff
  return value
}
