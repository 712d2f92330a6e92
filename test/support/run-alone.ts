import * as E from 'fp-ts/lib/Either.js'
import { concatMap, from, lastValueFrom, type Observable, of, toArray } from 'rxjs'
import type { Output } from '../../src/contracts/carrier.ts'
import { batchWork, isInBatches } from '../../src/contracts/in-batches.ts'
import { type AnyRecord, task } from '../../src/contracts/stream-record.ts'
import type { AnyOperator, Pipeline, Topics } from '../../src/pipeline/stream.ts'
import { GatheringCarrier } from './gathering-carrier.ts'
import { recordOf } from './records.ts'

/** A record before it has a place: topic, key and value. */
export interface Sent {
  readonly topic: string
  readonly key: unknown
  readonly value: unknown
}

/**
 * What `pipeline` writes of `input`, without an engine: each record through a chain of its own, one after the other, as
 * the idea of a pipeline says. No partitions, no failures, no transactions.
 */
export const runAlone = async <T extends Topics>(
  pipeline: Pipeline<T, unknown>,
  input: readonly Sent[],
): Promise<readonly Sent[]> => {
  const state = new Map<string, Uint8Array>()
  const carriers: GatheringCarrier[] = []
  const offsets = new Map<string, number>()
  const begun = input.map((sent): AnyRecord => {
    const offset = offsets.get(sent.topic) ?? 0
    offsets.set(sent.topic, offset + 1)
    const carrier = new GatheringCarrier(state)
    carriers.push(carrier)
    return { ...recordOf(sent.value), ...sent, offset, id: `${sent.topic}-0-${offset}`, [task]: carrier }
  })
  await through(pipeline.operators, begun)
  return carriers.flatMap((carrier) => carrier.outputs.map(asSent))
}

/** A record at a time through all operators up to an `inBatches`, where all of them wait. */
const through = async (operators: readonly AnyOperator[], begun: readonly AnyRecord[]): Promise<void> => {
  const cut = operators.findIndex(isInBatches)
  const chain = cut < 0 ? operators : operators.slice(0, cut)
  const alone = (record: AnyRecord): Observable<AnyRecord> =>
    chain.reduce((out: Observable<AnyRecord>, operator) => out.pipe(operator), of(record))
  const records = await lastValueFrom(from(begun).pipe(concatMap(alone), toArray()))
  const operator = operators[cut]
  if (operator === undefined || !isInBatches(operator)) return
  await operator[batchWork].work(records, new AbortController().signal)
  await through(operators.slice(cut + 1), records)
}

/** As a reader of its topic gets it. */
const asSent = ({ topic, key, value }: Output): Sent => ({
  topic: topic.name,
  key: read(topic.key.decode(topic.key.encode(key))),
  value: read(topic.value.decode(topic.value.encode(value))),
})

const read = (decoded: E.Either<unknown, unknown>): unknown => (E.isRight(decoded) ? decoded.right : decoded)
