/*
 * partition.metadata is text: `version: 0` and `topic_id: ` with the id, in Kafka 16 bytes in URL-safe base64.
 */

/** The file in a partition's directory that says which topic of that name it belongs to. */
export const partitionMetadata = 'partition.metadata'

export const writeMetadata = (topicId: string): Uint8Array =>
  new TextEncoder().encode(`version: 0\ntopic_id: ${topicId}\n`)

/** The topic's id; `undefined` where the bytes are no metadata, as they are where a crash has cut the id short. */
export const readMetadata = (bytes: Uint8Array): string | undefined =>
  /^version: 0\ntopic_id: ([\w-]{22})\n?$/.exec(new TextDecoder().decode(bytes))?.[1]
