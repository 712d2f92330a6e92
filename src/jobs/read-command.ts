import { jobHeader } from '../codec/job-headers.ts'
import { type MarkReader, markIn } from '../codec/mark-reader.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { JobCommand } from '../protocol/delay/job-state.ts'
import { firstOf, seriesOf } from './series.ts'

/** A record whose key and value are bytes. */
export type RawRecord = StreamRecord<Uint8Array | null, Uint8Array | null>

/** What is asked for in a record that asks for nothing that we know. */
export class UnreadableCommand extends Error {
  readonly _tag = 'UnreadableCommand'
  override readonly name = 'UnreadableCommand'
}

/** A command, and what of it goes with the job. */
export interface ReadCommand {
  readonly command: JobCommand
  /** Of the record in the target. */
  readonly key: Uint8Array | null
  /** By which it comes again, as it was said. */
  readonly series: string | undefined
}

/**
 * **Errors** throws {@link UnreadableCommand} for a record that is no command: anybody may write to a topic.
 */
export const readCommand = (record: RawRecord): ReadCommand => {
  const mark = markIn(record.headers)
  if (mark === undefined) throw unreadable(record, `it has no header ${jobHeader.do} that says one`)
  requireId(record)
  const key = mark.keyOf(record.key)
  return { command: commandOf(record, mark, key), key, series: mark.series }
}

const commandOf = (record: RawRecord, mark: MarkReader, key: Uint8Array | null): JobCommand => {
  const { what, source, expect } = mark
  const command = commandId(record, mark)
  switch (what) {
    case 'schedule':
      return {
        _tag: what,
        gen: record.offset,
        ...(seriesIn(record, mark, key) ?? dueOf(record, mark)),
        source,
        command,
        expect: expect < 0 ? undefined : expect,
      }
    case 'cancel':
      return { _tag: what, source, command }
    case 'look':
      return { _tag: what, command }
    case 'wait':
      throw unreadable(record, 'it says where a job waits, and asks for nothing')
  }
}

/** When a job that comes again is due first; `undefined` where it is none. */
const seriesIn = (
  record: RawRecord,
  { series: spelled }: MarkReader,
  key: Uint8Array | null,
): { readonly series: string; readonly dueMs: number } | undefined => {
  if (spelled === undefined) return undefined
  const dueMs = firstOf(spelled, record.timestamp)
  if (dueMs === undefined) throw unreadable(record, `it comes again by '${spelled}', which names no time to come`)
  return { series: seriesOf(spelled, [key, record.value]), dueMs }
}

/** When the job of a command is due, and how long its tier waits, where it is for one. */
const dueOf = (
  record: RawRecord,
  { dueMs, afterMs }: MarkReader,
): { readonly dueMs: number; readonly waitMs?: number } => {
  if (dueMs >= 0) return { dueMs }
  if (afterMs < 0) throw unreadable(record, 'it says neither when the job is due, nor after which time')
  return { dueMs: record.timestamp + afterMs, waitMs: afterMs }
}

/** Longer ones would make the state of a job large. */
const maxCommandIdBytes = 64

const commandId = (record: RawRecord, mark: MarkReader): string | undefined => {
  if (mark.commandBytes < 0) return undefined
  const command = mark.commandBytes <= maxCommandIdBytes ? mark.command : undefined
  if (command === undefined) throw unreadable(record, `its own id is no text of ${maxCommandIdBytes} bytes`)
  return command
}

const requireId = (record: RawRecord): void => {
  if (record.key === null || record.key.length === 0) throw unreadable(record, 'its key names no job')
}

const unreadable = ({ id }: RawRecord, why: string): UnreadableCommand =>
  new UnreadableCommand(`record '${id}' is no command about a job: ${why}`)
