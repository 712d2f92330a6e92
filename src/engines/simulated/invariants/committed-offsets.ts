import * as E from 'fp-ts/lib/Either.js'
import { readControlRecord } from '../../../batch/control-batch.ts'
import { readRecords } from '../../../batch/read-records.ts'
import { isControl, isTransactional, producerIdOf } from '../../../batch/record-batch.ts'
import { decodeGroupRecord, type OffsetRecord } from '../../../protocol/broker/group-records.ts'

/** What groups have committed, read from a partition of `__consumer_offsets`: it never goes back by itself. */
export class CommittedOffsets {
  readonly #offsets = new Map<string, number>()
  /** Of transactions that are not decided. */
  readonly #pending = new Map<number, OffsetRecord[]>()

  /** Some of it is lost: what comes next may be from before that. */
  forget(): void {
    this.#offsets.clear()
    this.#pending.clear()
  }

  /** Answers what is wrong with a batch, if something is. */
  take(bytes: Uint8Array): string | undefined {
    const producerId = producerIdOf(bytes)
    if (isControl(bytes)) return this.#end(producerId, bytes)
    const records = offsetsIn(bytes)
    if (!isTransactional(bytes)) return this.#apply(records)
    const pending = this.#pending.get(producerId)
    if (pending === undefined) this.#pending.set(producerId, records)
    else pending.push(...records)
    return undefined
  }

  #end(producerId: number, bytes: Uint8Array): string | undefined {
    const pending = this.#pending.get(producerId) ?? []
    this.#pending.delete(producerId)
    const control = readControlRecord(bytes)
    return control._tag === 'Right' && control.right.type === 'commit' ? this.#apply(pending) : undefined
  }

  #apply(records: readonly OffsetRecord[]): string | undefined {
    let wrong: string | undefined
    for (const { group, topic, partition, value } of records) {
      const name = `${group}/${topic}-${partition}`
      const before = this.#offsets.get(name)
      if (value === null) this.#offsets.delete(name)
      else this.#offsets.set(name, value.offset)
      if (value !== null && before !== undefined && value.offset < before)
        wrong ??= `group '${group}' has committed ${value.offset} of ${topic}-${partition} after ${before}`
    }
    return wrong
  }
}

const offsetsIn = (bytes: Uint8Array): OffsetRecord[] => {
  const found: OffsetRecord[] = []
  const read = readRecords(bytes, ({ key, value }) => {
    if (key === null) return
    // the reader's views are only good while it reads
    const record = decodeGroupRecord({ key, value })
    if (record._tag === 'Right' && record.right?._tag === 'offset') found.push(record.right)
  })
  return E.isRight(read) ? found : []
}
