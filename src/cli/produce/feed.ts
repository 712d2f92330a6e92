import { Complaint } from '../complaint.ts'
import { FieldError } from '../field-form.ts'
import { LineTooLong, linesOf } from './lines.ts'
import type { Line } from './read-line.ts'

/** What {@link feed} needs. */
export interface Feed {
  readonly input: AsyncIterable<Uint8Array>
  /** Bytes. */
  readonly lineBytesMax: number
  /** Passes over a line that has nothing in it. */
  readonly skipsBlank: boolean
  /** Throws a {@link FieldError} for a line that is no record. */
  readonly read: (line: Uint8Array) => Line
  /** Resolves when there is room for more. */
  readonly send: (records: readonly Line[]) => Promise<void>
  readonly interrupted: AbortSignal
}

/**
 * Sends the lines of `input` as records, in their order, until it ends; answers why it stopped before that.
 *
 * **Guarantees** what comes in one piece is sent at once, so that somebody who types need not fill a batch. Nothing behind
 * a line that is no record is sent.
 *
 * **Errors** rejects where `send` does.
 */
export const feed = async ({
  input,
  lineBytesMax,
  skipsBlank,
  read,
  send,
  interrupted,
}: Feed): Promise<Complaint | undefined> => {
  let number = 0
  let isSending = false
  try {
    for await (const lines of linesOf(input, lineBytesMax)) {
      const records: Line[] = []
      let bad: Complaint | undefined
      for (const line of lines) {
        number++
        if (skipsBlank && line.length === 0) continue
        try {
          records.push(read(line))
        } catch (error) {
          bad = badLine(number, error)
          break
        }
      }
      isSending = true
      if (records.length > 0) await send(records)
      isSending = false
      if (bad !== undefined) return bad
    }
    return undefined
  } catch (error) {
    if (error instanceof LineTooLong) return badLine(number + 1, error)
    if (interrupted.aborted && !isSending) return new Complaint('interrupted', 'interrupted')
    throw error
  }
}

const badLine = (number: number, error: unknown): Complaint => {
  if (error instanceof FieldError || error instanceof LineTooLong)
    return new Complaint('failed', `line ${number}: ${error.message}`, error)
  throw error
}
