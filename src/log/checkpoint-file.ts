import { type Position, partitionName, type TopicPartition } from '../contracts/position.ts'

/*
 * Kafka's checkpoint files are text: a version, 0; how many entries; and then a line each, `topic partition offset`.
 */
const version = '0'

export const writeCheckpoint = (positions: readonly Position[]): Uint8Array =>
  new TextEncoder().encode(
    [version, positions.length, ...positions.map((p) => `${p.topic} ${p.partition} ${p.offset}`), ''].join('\n'),
  )

/** By {@link partitionName}. `undefined` where the bytes are no checkpoint, or not a whole one. */
export const readCheckpoint = (bytes: Uint8Array): ReadonlyMap<string, number> | undefined => {
  const [found, count, ...lines] = new TextDecoder().decode(bytes).split('\n')
  if (found !== version || lines.length !== Number(count) + 1) return undefined
  const entries = lines.slice(0, -1).map((line) => /^(\S+) (\d+) (\d+)$/.exec(line))
  if (entries.some((entry) => entry === null)) return undefined
  return new Map(entries.map((entry) => [partitionName(partitionIn(entry ?? [])), Number(entry?.[3])]))
}

const partitionIn = ([, topic = '', partition = '']: readonly string[]): TopicPartition => ({
  topic,
  partition: Number(partition),
})
