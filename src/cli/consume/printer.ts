import { type Position, partitionName } from '../../contracts/position.ts'
import { Complaint } from '../complaint.ts'
import { FieldError } from '../field-form.ts'
import type { Sink } from '../world.ts'
import type { LogRecord } from './show-record.ts'

/** Characters that are gathered before they are handed on. */
const chunkCharacters = 64 * 1024

/** What a {@link Printer} needs. */
export interface PrinterParts {
  readonly stdout: Sink
  readonly stderr: Sink
  /** Throws a {@link FieldError} for what cannot be shown. */
  readonly show: (record: LogRecord) => string
  /** Says what cannot be shown, and goes on. */
  readonly skips: boolean
  /** How many records there may be in all. */
  readonly max: number
  /** Nothing more is printed once it aborts. */
  readonly interrupted: AbortSignal
}

/** Writes records to stdout, and knows which of them have gone out. */
export class Printer {
  readonly #o: PrinterParts
  readonly #positions = new Map<string, Position>()
  #count = 0

  constructor(parts: PrinterParts) {
    this.#o = parts
  }

  /** Whether there may be no more. */
  get isDone(): boolean {
    return this.#count >= this.#o.max || this.#o.interrupted.aborted
  }

  /** Behind the last record of each partition that has gone out. */
  get positions(): readonly Position[] {
    return [...this.#positions.values()]
  }

  /**
   * Prints as many of `records` as there may still be; answers whether that was all of them.
   *
   * **Errors** rejects with `ReaderGone`, and with a {@link Complaint} for a record that cannot be shown, once those before
   * it have gone out.
   */
  async print(records: readonly LogRecord[]): Promise<boolean> {
    for (let from = 0; from < records.length; ) {
      if (this.isDone) return false
      const { text, end, unshowable } = this.#chunk(records, from)
      await this.#o.stdout.write(text)
      for (const { topic, partition, offset } of records.slice(from, end)) {
        const at = { topic, partition, offset: offset + 1 }
        this.#positions.set(partitionName(at), at)
      }
      this.#count += end - from
      from = end
      if (unshowable === undefined) continue
      if (!this.#o.skips) throw new Complaint('failed', `${unshowable.message}; ${wayOut}`, unshowable)
      await this.#o.stderr.write(`millrace: skipped ${unshowable.message}\n`)
      from++
    }
    return true
  }

  /** What may go out together: up to a record that cannot be shown, to the limit, or to a chunk's size. */
  #chunk(records: readonly LogRecord[], from: number) {
    let text = ''
    let end = from
    const last = Math.min(records.length, from + this.#o.max - this.#count)
    for (; end < last && text.length < chunkCharacters; end++) {
      try {
        text += this.#o.show(records[end] as LogRecord)
      } catch (error) {
        if (error instanceof FieldError) return { text, end, unshowable: error }
        throw error
      }
    }
    return { text, end, unshowable: undefined }
  }
}

const wayOut =
  'show it with another --value-format or --key-format, or pass over such records with --skip-message-on-error'
