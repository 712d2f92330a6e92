import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import type { History, Operation, Poll, PolledRecord, Send, SentRecord, Value } from './history.ts'
import { named, shown } from './naming.ts'
import { Claims, type VersionOrder } from './version-order.ts'

/** A history laid out for questions: who did what, partition by partition, and what must have happened. */
export interface Evidence {
  /** In the order of the history. */
  readonly deeds: readonly Deed[]
  /** Those of each process, in its order. */
  readonly processes: ReadonlyMap<string, readonly Deed[]>
  /** By name. */
  readonly partitions: ReadonlyMap<string, PartitionEvidence>
}

/** An operation, with its records by the name of their partition, in order. */
export interface Deed {
  /** Its place in the history. */
  readonly number: number
  readonly operation: Operation
  readonly sends: ReadonlyMap<string, readonly SentRecord[]>
  readonly polls: ReadonlyMap<string, readonly PolledRecord[]>
}

export interface PartitionEvidence extends TopicPartition {
  readonly name: string
  /** Who sent a value, whatever came of it. */
  readonly writers: ReadonlyMap<Value, Writing>
  /** Of those who polled a value, who was answered first. */
  readonly readers: ReadonlyMap<Value, Deed>
  /** The highest offset that anybody polled. */
  readonly lastRead: { readonly deed: Deed; readonly record: PolledRecord } | undefined
  readonly order: VersionOrder<Deed>
}

export interface Writing {
  readonly deed: Deed
  readonly record: SentRecord
  /**
   * It is in the log: the operation is `ok`, or it is unknown and was polled; of a transaction, any of its records,
   * because they are there together.
   */
  readonly hasHappened: boolean
}

/** Throws where a value was sent to one partition twice: nothing can be told of such a history. */
export const evidenceOf = ({ operations }: History): Evidence => {
  const deeds = operations.map(deedOf)
  const partitions = new Map<string, Gathered>()
  for (const deed of deeds)
    for (const [name, records] of deed.polls) addPolls(gatheredAt(partitions, name, records), deed, records)
  for (const deed of deeds) addSends(partitions, deed)
  return {
    deeds,
    processes: processesOf(deeds),
    partitions: new Map([...partitions].map(([name, { claims, ...of }]) => [name, { ...of, order: claims.inOrder() }])),
  }
}

const deedOf = (operation: Operation, number: number): Deed => {
  const steps = stepsOf(operation)
  return {
    number,
    operation,
    sends: byPartition<SentRecord>(steps, 'send'),
    polls: byPartition<PolledRecord>(steps, 'poll'),
  }
}

const stepsOf = ({ did }: Operation): readonly (Send | Poll)[] => {
  switch (did._tag) {
    case 'send':
    case 'poll':
      return [did]
    case 'transaction':
      return did.steps
    default:
      return []
  }
}

const none: ReadonlyMap<string, never> = new Map<string, never>()

const byPartition = <A extends TopicPartition>(
  steps: readonly { readonly _tag: string; readonly records: readonly TopicPartition[] }[],
  tag: 'send' | 'poll',
): ReadonlyMap<string, readonly A[]> => {
  let sorted: Map<string, A[]> | undefined
  let before: A | undefined
  let lane: A[] = []
  for (const step of steps) {
    if (step._tag !== tag) continue
    for (const record of step.records as readonly A[]) {
      if (before === undefined || before.partition !== record.partition || before.topic !== record.topic) {
        const name = partitionName(record)
        sorted ??= new Map()
        lane = sorted.get(name) ?? []
        sorted.set(name, lane)
      }
      lane.push(record)
      before = record
    }
  }
  return sorted ?? none
}

const processesOf = (deeds: readonly Deed[]): ReadonlyMap<string, readonly Deed[]> => {
  const processes = new Map<string, Deed[]>()
  for (const deed of deeds) {
    const own = processes.get(deed.operation.process) ?? []
    processes.set(deed.operation.process, own)
    own.push(deed)
  }
  for (const own of processes.values()) own.sort((a, b) => a.operation.index - b.operation.index)
  return processes
}

interface Gathered extends TopicPartition {
  readonly name: string
  readonly writers: Map<Value, Writing>
  readonly readers: Map<Value, Deed>
  readonly claims: Claims<Deed>
  lastRead: PartitionEvidence['lastRead']
}

const gatheredAt = (partitions: Map<string, Gathered>, name: string, records: readonly TopicPartition[]): Gathered => {
  const known = partitions.get(name)
  if (known !== undefined) return known
  const { topic, partition } = records[0] as TopicPartition
  const at: Gathered = {
    topic,
    partition,
    name,
    writers: new Map(),
    readers: new Map(),
    claims: new Claims(),
    lastRead: undefined,
  }
  partitions.set(name, at)
  return at
}

/** What was polled is there, whatever became of the operation: nobody is shown what is not safe. */
const addPolls = (partition: Gathered, deed: Deed, records: readonly PolledRecord[]): void => {
  const { readers, claims } = partition
  for (const record of records) {
    claims.add(record.offset, record.value, deed)
    const other = readers.get(record.value)
    if (other === undefined || answeredMs(deed) < answeredMs(other)) readers.set(record.value, deed)
    if (record.offset > (partition.lastRead?.record.offset ?? -1)) partition.lastRead = { deed, record }
  }
}

const answeredMs = ({ operation }: Deed): number => operation.completedMs ?? Number.POSITIVE_INFINITY

/** What was sent is there where that must have happened. Needs all polls. */
const addSends = (partitions: Map<string, Gathered>, deed: Deed): void => {
  const { outcome, did } = deed.operation
  const wasPolled = (name: string, { value }: SentRecord) => partitions.get(name)?.readers.has(value) ?? false
  const isSeenAsAWhole =
    outcome === 'unknown' &&
    did._tag === 'transaction' &&
    [...deed.sends].some(([name, records]) => records.some((record) => wasPolled(name, record)))
  for (const [name, records] of deed.sends) {
    const { writers, claims } = gatheredAt(partitions, name, records)
    for (const record of records) {
      const { value, offset } = record
      const other = writers.get(value)
      if (other !== undefined) throw new Error(sentTwice(name, record, [other.deed, deed]))
      const hasHappened = outcome === 'ok' || isSeenAsAWhole || (outcome === 'unknown' && wasPolled(name, record))
      writers.set(value, { deed, record, hasHappened })
      if (hasHappened && offset !== undefined) claims.add(offset, value, deed)
    }
  }
}

const sentTwice = (name: string, { value }: SentRecord, [one, other]: readonly [Deed, Deed]): string =>
  `${shown(value)} was sent to ${name} by ${named(one.operation)} and again by ${named(other.operation)}: ` +
  'a history can be checked where each record of a partition has a value of its own'
