import type { TraceEntry } from '../../engines/simulated/world/trace.ts'

/** What a message serves, so that a reader can choose. */
export type MessageKind =
  | 'records'
  | 'reads'
  | 'transactions'
  | 'groups'
  | 'replication'
  | 'heartbeats'
  | 'metadata'
  | 'disk'

/** Every kind, in the order in which people are shown them. */
export const messageKinds: readonly MessageKind[] = [
  'records',
  'reads',
  'transactions',
  'groups',
  'replication',
  'heartbeats',
  'metadata',
  'disk',
]

/** A message and what became of it. Times in virtual milliseconds. */
export interface Message {
  readonly kind: MessageKind
  readonly from: string
  readonly to: string
  /** The request's name; of an answer with `: answer` behind it. */
  readonly what: string
  /** What is in it; empty where nobody said. */
  readonly detail: string
  readonly sentMs: number
  /** When it was taken in: more than once where it came twice, and not at all where nobody was there any more. */
  readonly arrivalsMs: readonly number[]
  /** Why it never went out. */
  readonly lost: string | undefined
}

/** The messages of a run, in the order in which they were sent. */
export const messagesOf = (trace: readonly TraceEntry[]): readonly Message[] => {
  const messages = new Map<number, Message & { arrivalsMs: number[]; lost: string | undefined }>()
  for (const entry of trace) {
    if (entry._tag === 'sent') {
      const { message, at: sentMs, from, to, what, detail = '' } = entry
      const kind = kindOf(what, detail)
      messages.set(message, { kind, from, to, what, detail, sentMs, arrivalsMs: [], lost: undefined })
    } else if (entry._tag === 'delivered') messages.get(entry.message)?.arrivalsMs.push(entry.at)
    else if (entry._tag === 'lost') {
      const message = messages.get(entry.message)
      if (message !== undefined) message.lost = entry.why
    }
  }
  return [...messages.values()]
}

/** Whether it was carried out, or heard, more than once. */
export const isDoubled = ({ arrivalsMs }: Message): boolean => arrivalsMs.length > 1

/** It went out, and nobody was there to take it in: its receiver is dead, or stands still until the end. */
export const isUnheard = ({ arrivalsMs, lost }: Message): boolean => arrivalsMs.length === 0 && lost === undefined

const kinds: Readonly<Record<string, MessageKind>> = {
  produce: 'records',
  deleteRecords: 'records',
  fetch: 'reads',
  listOffsets: 'reads',
  initProducerId: 'transactions',
  endTransaction: 'transactions',
  addPartitions: 'transactions',
  writeMarkers: 'transactions',
  commitOffsetsInTransaction: 'transactions',
  group: 'groups',
  commitOffsets: 'groups',
  fetchOffsets: 'groups',
  describeGroups: 'groups',
  deleteGroup: 'groups',
  replicate: 'replication',
  alterPartition: 'replication',
  brokerHeartbeat: 'heartbeats',
  create: 'disk',
  write: 'disk',
  truncate: 'disk',
  rename: 'disk',
  remove: 'disk',
  sync: 'disk',
  'sync in place': 'disk',
}

const kindOf = (what: string, detail: string): MessageKind => {
  const [name = what] = what.split(':')
  if (name === 'group' && detail.startsWith('heartbeat')) return 'heartbeats'
  return kinds[name] ?? 'metadata'
}
