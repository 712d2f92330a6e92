import { bytes, type Codec, type ConnectOptions, type Topic, text, topic } from 'millrace'

/** What an acknowledgement survives. */
export type Durability = NonNullable<ConnectOptions['durability']>

export const partitions = 4

const blob = { key: text, value: bytes, partitions } satisfies {
  readonly key: Codec<string>
  readonly value: Codec<Uint8Array>
  readonly partitions: number
}

export const input: Topic<string, Uint8Array, 'input'> = topic('input', blob)
export const output: Topic<string, Uint8Array, 'output'> = topic('output', blob)

/** The work on a record: something that touches it all and keeps its size. */
export const turned = (value: Uint8Array): Uint8Array => value.toReversed()
