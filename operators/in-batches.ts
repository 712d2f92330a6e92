import type { OperatorFunction } from 'rxjs'
import { refuseArgument, requireFunction } from '../src/codec/arguments.ts'
import { refuseUnknownOptions } from '../src/codec/known-options.ts'
import { batchWork, type InBatches } from '../src/contracts/in-batches.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/** How {@link inBatches} cuts. */
export interface InBatchesOptions {
  /** Records to hand over at most; 500 where nothing is said. */
  readonly maxRecords?: number
}

/** What a database takes at once without complaint. */
const usualRecords = 500

/**
 * Does `work` for many records at once, where that is cheaper than one by one (an insert of 500 rows), and passes them
 * on. It splits the pipeline: above it records run one by one, and wait here in input order.
 *
 * **Guarantees** input order, between 1 and `maxRecords` at a time; where the cuts fall depends on what is there, so
 * `work` may not mind. Every record comes to it, and again after a crash: pass `record.id` along.
 *
 * **Errors** where `work` throws or rejects, each record is handed over by itself, so that the failure has an owner;
 * so `work` must bear being repeated. Anywhere but directly in the pipeline's own `pipe`, it throws as the pipeline is
 * built; below a store it is refused when the pipeline is run.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { inBatches } from 'millrace/operators'
 *
 * const rows = topic('rows', { key: text, value: text })
 * const storing = stream(rows).pipe(inBatches(async (records) => console.log(records.length), { maxRecords: 100 }))
 * storing.operators.length // => 1
 * ```
 */
export const inBatches = <K, V>(
  work: (records: readonly StreamRecord<K, V>[], signal: AbortSignal) => PromiseLike<void> | void,
  options: InBatchesOptions = {},
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> => {
  requireFunction('inBatches(…)', 'a function of records', work, 'inBatches(async (records) => …)')
  refuseUnknownOptions('inBatches(…)', options, ['maxRecords'])
  const { maxRecords = usualRecords } = options
  if (!Number.isInteger(maxRecords) || maxRecords < 1)
    refuseArgument('inBatches(…)', 'a whole number of records as maxRecords', maxRecords, 'say 1 at least')
  const misplaced = (): never => {
    throw new TypeError(
      `inBatches(…) splits the pipeline, so it stands directly in the pipe of stream(…), ` +
        `not in a branch, in perRecord or in another pipe`,
    )
  }
  const marked: InBatches<StreamRecord<K, V>> = Object.assign(misplaced, { [batchWork]: { work, maxRecords } })
  return marked
}
