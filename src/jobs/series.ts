import { crc32c } from '../batch/crc32c.ts'
import type { DueSlot } from '../protocol/delay/job.ts'
import { dueSlot, nextSlot, type Recurrence, readRecurrence } from './recurrence.ts'

/**
 * A job that comes again, in words: a mark of what it carries, then its recurrence. Two of the same words are the same.
 */
export const seriesOf = (recurrence: string, payload: readonly (Uint8Array | null | undefined)[]): string => {
  let mark = 0
  for (const part of payload) mark = (Math.imul(mark, 31) + (part ? crc32c(part) : 1)) >>> 0
  return `${mark.toString(16)} ${recurrence}`
}

/** When a series that is scheduled at `nowMs` is due first; `undefined` for what is none, or has no time to come. */
export const firstOf = (recurrence: string, nowMs: number): number | undefined => {
  const read = readRecurrence(recurrence)
  return read && nextSlot(read, nowMs)
}

/** How a series goes on. */
export const recurOf = (series: string, dueMs: number, nowMs: number): DueSlot => {
  const recurrence: Recurrence | undefined = readRecurrence(series.slice(series.indexOf(' ') + 1))
  return recurrence === undefined ? { fires: dueMs, next: undefined } : dueSlot(recurrence, dueMs, nowMs)
}
