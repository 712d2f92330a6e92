import type { Engine } from '../../src/contracts/engine.ts'
import { type Position, partitionName, type TopicPartition } from '../../src/contracts/position.ts'
import { ok } from '../../src/testing/conformance/calls.ts'
import { readAll, type Seen } from '../../src/testing/conformance/records.ts'

/** One partition as readers of committed records find it. */
export interface FoundLog extends TopicPartition {
  readonly start: number
  readonly records: readonly Pick<Seen, 'offset' | 'value'>[]
}

/** All that a directory holds. */
export interface Found {
  /** How many partitions each topic has. */
  readonly topics: ReadonlyMap<string, number>
  /** By `topic-partition`. */
  readonly logs: ReadonlyMap<string, FoundLog>
  /** Committed offsets by group and `topic-partition`. */
  readonly committed: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** Reads everything, with what `groups` have committed. Rejects where a partition cannot be read. */
export const lookAround = async (engine: Engine, groups: readonly string[]): Promise<Found> => {
  const described = (await ok(engine.topics.describe())).filter(({ internal }) => !internal)
  const logs = new Map<string, FoundLog>()
  for (const { name, partitions } of described)
    for (let partition = 0; partition < partitions; partition++) {
      const at = { topic: name, partition }
      await ok(engine.reader.settled([at]))
      const [start] = await ok(engine.reader.offsets([{ ...at, at: 'earliest' }], 'read_committed'))
      const from = start?.offset ?? 0
      logs.set(partitionName(at), { ...at, start: from, records: await readAll(engine, at, { from }) })
    }
  const committed = new Map<string, ReadonlyMap<string, number>>()
  for (const group of groups) committed.set(group, offsetsOf(await ok(engine.groups.committed(group))))
  return { topics: new Map(described.map(({ name, partitions }) => [name, partitions])), logs, committed }
}

const offsetsOf = (positions: readonly Position[]): ReadonlyMap<string, number> =>
  new Map(positions.map((position) => [partitionName(position), position.offset]))
