import { partitionName, type TopicPartition } from '../../src/contracts/position.ts'
import type { Seen } from './records.ts'

/** One operation of a writer: its values by partition, in the order sent, and how it ended. */
export interface Write {
  readonly writer: string
  readonly sends: readonly (TopicPartition & { readonly value: string })[]
  /** `unknown`: it may have happened. An open one has not been told to commit yet. */
  outcome: 'open' | 'ok' | 'failed' | 'unknown'
  /** All of it or nothing may be seen. */
  readonly atomic: boolean
}

/** One answer to a reader: records of one partition from an offset on. */
export interface Poll extends TopicPartition {
  readonly reader: string
  readonly seen: readonly Seen[]
  /** Values in it whose write had not been told to commit when the answer came. */
  readonly early: readonly string[]
}

export interface History {
  readonly writes: readonly Write[]
  readonly polls: readonly Poll[]
  /** Each partition read from its start to its end when all was over. */
  readonly logs: ReadonlyMap<string, readonly Seen[]>
}

const isSubsequence = (some: readonly string[], all: readonly string[]): boolean => {
  let at = 0
  for (const value of all) if (value === some[at]) at += 1
  return at === some.length
}

const named = (sends: Write['sends']): string => sends.map(({ value }) => value).join()

const ofWrites = (writes: readonly Write[], present: ReadonlySet<string>): string[] => {
  const found: string[] = []
  for (const { sends, outcome, atomic } of writes) {
    const seen = sends.filter(({ value }) => present.has(value))
    const missing = sends.filter(({ value }) => !present.has(value))
    if (outcome === 'ok' && missing.length > 0) found.push(`lost: ${named(missing)}`)
    if (outcome === 'failed' && seen.length > 0) found.push(`aborted read: ${named(seen)}`)
    if (atomic && seen.length > 0 && missing.length > 0) found.push(`torn: only ${named(seen)} of ${named(sends)}`)
  }
  return found
}

const ofOrder = (writes: readonly Write[], present: ReadonlySet<string>, logs: History['logs']): string[] => {
  const lanes = new Map<string, { readonly log: string; readonly sent: string[] }>()
  for (const { writer, sends } of writes)
    for (const send of sends) {
      if (!present.has(send.value)) continue
      const log = partitionName(send)
      const lane = lanes.get(`${writer} in ${log}`) ?? { log, sent: [] }
      lane.sent.push(send.value)
      lanes.set(`${writer} in ${log}`, lane)
    }
  const inLog = (log: string) => (logs.get(log) ?? []).map(({ value }) => value)
  return [...lanes].flatMap(([lane, { log, sent }]) =>
    isSubsequence(sent, inLog(log)) ? [] : [`reordered: ${lane}: ${sent.join()}`],
  )
}

const duplicates = (logs: History['logs']): string[] => {
  const seen = new Set<string>()
  const found: string[] = []
  for (const [log, records] of logs)
    for (const { value, offset } of records) {
      if (seen.has(value)) found.push(`duplicate: ${value} again in ${log} at ${offset}`)
      seen.add(value)
    }
  return found
}

const ofPolls = (polls: readonly Poll[], logs: History['logs']): string[] => {
  const found: string[] = []
  const read = new Map<string, { readonly log: string; readonly seen: Seen[] }>()
  for (const poll of polls) {
    const log = partitionName(poll)
    const lane = read.get(`${poll.reader} of ${log}`) ?? { log, seen: [] }
    lane.seen.push(...poll.seen)
    read.set(`${poll.reader} of ${log}`, lane)
    for (const value of poll.early) found.push(`precommitted read: ${value} by ${poll.reader}`)
  }
  for (const [lane, { log, seen }] of read)
    for (const [at, { offset, value }] of seen.entries()) {
      const expected = logs.get(log)?.[at]
      if (expected?.offset !== offset || expected.value !== value)
        found.push(`poll out of line: ${lane} read ${value} at ${offset}, the log has ${expected?.value} there`)
    }
  return found
}

/**
 * What a history shows that must not be: the anomalies of Jepsen's Kafka workload (lost-write, duplicate,
 * inconsistent-offsets, G1a, precommitted-read, nonmonotonic-send, poll-skip, nonmonotonic-poll), and torn
 * transactions. Readers start at the beginning of each partition. Empty where all is well.
 */
export const anomalies = ({ writes, polls, logs }: History): string[] => {
  const present = new Set([...logs.values()].flatMap((records) => records.map(({ value }) => value)))
  return [...duplicates(logs), ...ofWrites(writes, present), ...ofOrder(writes, present, logs), ...ofPolls(polls, logs)]
}
