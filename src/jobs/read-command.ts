import { jobHeader, numberIn, textIn } from '../codec/job-headers.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { JobCommand } from '../protocol/delay/job-state.ts'
import { readSource } from './job-state-codec.ts'
import { firstOf, seriesOf } from './series.ts'

/** A record whose key and value are bytes. */
export type RawRecord = StreamRecord<Uint8Array | null, Uint8Array | null>

/** What is asked for in a record that asks for nothing that we know. */
export class UnreadableCommand extends Error {
  readonly _tag = 'UnreadableCommand'
  override readonly name = 'UnreadableCommand'
}

/**
 * **Errors** throws {@link UnreadableCommand} for a record that is no command: anybody may write to a topic.
 */
export const readCommand = (record: RawRecord): JobCommand => {
  const { headers } = record
  const what = textIn(headers, jobHeader.do)
  const command = commandId(record)
  const spelledSource = textIn(headers, jobHeader.source)
  const source = spelledSource === undefined ? undefined : readSource(spelledSource)
  switch (what) {
    case 'schedule': {
      requireId(record)
      const expect = numberIn(headers, jobHeader.expect)
      const series = seriesIn(record)
      return { _tag: what, gen: record.offset, ...(series ?? dueOf(record)), source, command, expect }
    }
    case 'cancel':
      requireId(record)
      return { _tag: what, source, command }
    case 'look':
      requireId(record)
      return { _tag: what, command }
    default:
      throw unreadable(record, `its header ${jobHeader.do} is none of schedule, cancel and look`)
  }
}

/** When a job that comes again is due first; `undefined` where it is none. */
const seriesIn = (record: RawRecord): { readonly series: string; readonly dueMs: number } | undefined => {
  const spelled = textIn(record.headers, jobHeader.series)
  if (spelled === undefined) return undefined
  const dueMs = firstOf(spelled, record.timestamp)
  if (dueMs === undefined)
    throw unreadable(record, `its header ${jobHeader.series}, '${spelled}', names no time to come`)
  return { series: seriesOf(spelled, [record.headers.get(jobHeader.key), record.value]), dueMs }
}

/** When the job of a command is due, and how long its tier waits, where it is for one. */
const dueOf = (record: RawRecord): { readonly dueMs: number; readonly waitMs?: number } => {
  const dueMs = numberIn(record.headers, jobHeader.due)
  if (dueMs !== undefined) return { dueMs }
  const waitMs = numberIn(record.headers, jobHeader.after)
  if (waitMs === undefined) throw unreadable(record, `it says neither ${jobHeader.due} nor ${jobHeader.after}`)
  return { dueMs: record.timestamp + waitMs, waitMs }
}

/** Longer ones would make the state of a job large. */
const maxCommandIdBytes = 64

const commandId = (record: RawRecord): string | undefined => {
  const bytes = record.headers.get(jobHeader.command)
  if (bytes === undefined) return undefined
  const spelled = bytes.length <= maxCommandIdBytes ? textIn(record.headers, jobHeader.command) : undefined
  if (spelled === undefined)
    throw unreadable(record, `its header ${jobHeader.command} is no text of ${maxCommandIdBytes} bytes`)
  return spelled
}

const requireId = (record: RawRecord): void => {
  if (record.key === null || record.key.length === 0) throw unreadable(record, 'its key names no job')
}

const unreadable = ({ id }: RawRecord, why: string): UnreadableCommand =>
  new UnreadableCommand(`record '${id}' is no command about a job: ${why}`)
