import type { Operation, SentRecord } from './history.ts'

/**
 * What a history may show that must not be, or that is worth knowing, after the Kafka workload of Jepsen
 * (https://github.com/jepsen-io/jepsen, `jepsen.tests.kafka`), and what it means:
 */
export const anomalyKinds = {
  'inconsistent-offsets': 'one offset holds two values',
  duplicate: 'one value lies at two offsets',
  'lost-write': 'somebody has read behind a record that was committed, and nobody has read the record',
  unseen: 'a record was committed and nobody has read it by the end: lost, or late',
  unwritten: 'a value was polled that nobody has sent',
  G1a: 'a value was polled whose operation has failed',
  'precommitted-read': 'a value was polled before it was committed, by its own transaction or by others',
  'int-poll-skip': 'one operation has polled past a record',
  'int-nonmonotonic-poll': 'one operation has polled backwards, or a record again',
  'poll-skip': 'a process has polled past a record between two operations',
  'nonmonotonic-poll': 'a process has polled backwards, or a record again, between two operations',
  'int-nonmonotonic-send': 'what one operation sent lies in another order',
  'nonmonotonic-send': 'what a process sent in two operations lies in another order',
  'int-send-skip': 'records of others lie between those of one operation',
  G0: 'operations lie before one another in a circle',
  G1c: 'operations depend on one another in a circle: by what they read, or by that and the order of what they sent',
} as const

export type AnomalyKind = keyof typeof anomalyKinds

/** One of them, found. */
export interface Anomaly {
  readonly kind: AnomalyKind
  /** Those who show it, the first cause first. */
  readonly operations: readonly Operation[]
  /** The records that show it. */
  readonly records: readonly SentRecord[]
  /** What was found and where, in a sentence that names them. */
  readonly what: string
}

/** Takes what is found; `show` is only called where it is kept. */
export type Found = (kind: AnomalyKind, show: Show, isTolerated?: boolean) => void
export type Show = () => Omit<Anomaly, 'kind'>
