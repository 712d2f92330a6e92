import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { filter, map, mergeMap, of, take } from 'rxjs'
import {
  attempt,
  branch,
  cancel,
  type Fits,
  filterRecord,
  filterValue,
  flatMapValue,
  inBatches,
  isFrom,
  lefts,
  mapAsync,
  mapRecord,
  mapValue,
  perRecord,
  rekey,
  rights,
  scanByKey,
  schedule,
  tapEach,
  to,
} from '../../operators/index.ts'
import { deadLetters } from '../../src/codec/dead-letters.ts'
import { delayed } from '../../src/codec/delayed.ts'
import { nullable } from '../../src/codec/nullable.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import { type Pipeline, stream } from '../../src/pipeline/stream.ts'
import { equal } from './equal.ts'

// Each pipeline here must compile, but for the lines that are said not to.

const Order = t.type({
  id: t.string,
  customerId: t.string,
  total: t.number,
  status: t.keyof({ created: null, paid: null }),
})
type Order = t.TypeOf<typeof Order>
const Receipt = t.type({ total: t.number })
const orders = topic('orders', { key: t.string, value: Order, partitions: 4 })
const receipts = topic('receipts', { key: t.string, value: Receipt, partitions: 4 })
const counts = topic('counts', { key: t.number, value: t.number })
const toReceipt = (order: Order): t.TypeOf<typeof Receipt> => ({ total: order.total })
type OutputOf<P> = P extends Pipeline<infer _T, infer A> ? A : never

// from codec to sink
const billing = stream(orders).pipe(
  filterValue((order) => order.status === 'paid'),
  rekey((r) => r.value.customerId),
  mapValue(toReceipt),
  to(receipts),
)
equal<OutputOf<typeof billing>, StreamRecord<string, { total: number }>>(true)
equal<OutputOf<ReturnType<typeof stream<[typeof orders]>>>, StreamRecord<string, Order>>(true)

// RxJS's own operators stand anywhere
stream(orders).pipe(
  filter((r) => r.value.status === 'paid'),
  mapValue((order) => ({ total: order.total })),
  mergeMap((r) => of(r, { ...r, key: 'other' }).pipe(to(receipts))),
  take(1),
  to(receipts),
)
stream(orders).pipe(
  map((r) => ({ ...r, value: toReceipt(r.value) })),
  to(receipts),
)

// what does not fit is said at `to`
stream(orders).pipe(
  mapValue((order) => ({ totl: order.total })),
  // @ts-expect-error value does not fit topic 'receipts'
  to(receipts),
)
stream(orders).pipe(
  rekey((r) => r.value.total),
  mapValue(toReceipt),
  // @ts-expect-error key does not fit topic 'receipts'
  to(receipts),
)
stream(orders).pipe(
  map((r) => r.value),
  // @ts-expect-error no record for topic 'receipts'
  to(receipts),
)
stream(orders).pipe(
  // half of a union fits, which is not enough
  map((r): StreamRecord<string, { total: number }> | StreamRecord<string, string> => ({ ...r, value: '' })),
  // @ts-expect-error value does not fit topic 'receipts'
  to(receipts),
)
stream(orders).pipe(
  mapValue((order) => (order.total > 1 ? { total: 1 } : undefined)),
  // @ts-expect-error value does not fit topic 'receipts': it may be undefined
  to(receipts),
)
stream(orders).pipe(
  mapValue(toReceipt),
  to(receipts),
  mapValue((receipt) => receipt.total),
  // @ts-expect-error key does not fit topic 'counts', though the value does
  to(counts),
)
stream(orders).pipe(
  filter((r) => r.value.status === 'paid'),
  mergeMap((r) =>
    of(r).pipe(
      // @ts-expect-error in the pipe of an inner observable as well
      to(counts),
    ),
  ),
)
// @ts-expect-error as a function over an observable as well
to(counts)(of({} as StreamRecord<string, string>))

// more may be given than a topic takes
stream(orders).pipe(to(receipts))

// callbacks are typed by what comes before
stream(orders).pipe(
  mapValue((order, record) => {
    equal<typeof order, Order>(true)
    equal<typeof record, StreamRecord<string, Order>>(true)
    return order.total
  }),
  flatMapValue((total) => [total, String(total)]),
  filterValue((value) => typeof value === 'number'),
  mapRecord((record) => ({ ...record, key: record.value })),
  tapEach((record) => equal<typeof record.key, number>(true)),
  to(counts),
)
stream(orders).pipe(
  // @ts-expect-error there is no such property
  filterValue((order) => order.stats === 'paid'),
)
stream(orders).pipe(
  // @ts-expect-error a value callback has no record first
  mapValue((record) => record.value),
)

// type guards narrow
stream(orders).pipe(
  filterValue((order): order is Order & { status: 'paid' } => order.status === 'paid'),
  mapValue((order) => equal<typeof order.status, 'paid'>(true)),
)
const both = stream(orders, receipts)
equal<OutputOf<typeof both>['value'], Order | { total: number }>(true)
both.pipe(
  filterRecord(isFrom(orders)),
  mapValue((order) => equal<typeof order, Order>(true)),
)
both.pipe(
  filter(isFrom(receipts)),
  mapValue((receipt) => equal<typeof receipt, { total: number }>(true)),
)

// work that may fail
const tried = stream(orders).pipe(attempt(async (order) => toReceipt(order)))
tried.pipe(rights(), to(receipts))
tried.pipe(
  lefts(),
  mapValue((failure) => equal<typeof failure.error, unknown>(true)),
)
stream(orders).pipe(
  attempt((order) => (order.total > 1 ? E.right(order.total) : E.left('too small' as const))),
  lefts(),
  filterValue((failure) => failure._tag === 'Refused'),
  mapValue((failure) => equal<typeof failure.error, 'too small'>(true)),
)
stream(orders).pipe(
  attempt((order) => TE.tryCatch(() => Promise.resolve(toReceipt(order)), String)),
  rights(),
  to(receipts),
)
stream(orders).pipe(
  mapValue((order) => (order.total > 1 ? E.right(order) : E.left('too small'))),
  rights(),
  to(receipts),
)
stream(orders).pipe(
  // @ts-expect-error there is no Either yet
  rights(),
)
stream(orders).pipe(
  mapAsync(async (order, record, signal) => {
    equal<typeof signal, AbortSignal>(true)
    return { total: order.total, id: record.id }
  }),
  to(receipts),
)
stream(orders).pipe(
  // @ts-expect-error no promise: mapValue does that
  mapAsync((order) => order.total),
)

// arms
const branched = stream(orders).pipe(
  branch((r) => r.value.status, {
    created: (s) =>
      s.pipe(
        mapValue((order) => order.total),
        map(() => 1),
      ),
    paid: (s) => s.pipe(to(receipts)),
  }),
)
equal<OutputOf<typeof branched>, number | StreamRecord<string, Order>>(true)
stream(orders).pipe(branch((r) => (r.value.total > 1 ? 'dear' : 'cheap'), { dear: to(receipts), cheap: (s) => s }))
stream(orders).pipe(
  // @ts-expect-error no arm has that name
  branch((r) => r.value.status, { paid: to(receipts) }),
)
stream(orders).pipe(
  branch((r) => r.value.status, {
    created: (s) => s,
    paid: (s) =>
      s.pipe(
        // @ts-expect-error key does not fit topic 'counts'
        to(counts),
      ),
  }),
)

// state
const sums = store('sums', { key: t.string, value: t.number })
stream(orders).pipe(
  scanByKey(sums, 0, (sum, order) => sum + order.total),
  mapValue((sum) => equal<typeof sum, number>(true)),
)
stream(orders).pipe(
  // @ts-expect-error the seed is none of the store's values
  scanByKey(sums, '', (sum) => sum),
)
stream(orders).pipe(
  // @ts-expect-error nor is what the fold answers
  scanByKey(sums, 0, (_, order) => order.id),
)
stream(orders).pipe(
  rekey((r) => r.value.total),
  // @ts-expect-error the store has other keys
  scanByKey(sums, 0, (sum) => sum),
)

// the rest
stream(orders).pipe(
  perRecord(filter((r) => r.value.total > 1)),
  inBatches(async (records) => equal<typeof records, readonly StreamRecord<string, Order>[]>(true)),
  mapValue(toReceipt),
  to(receipts),
)
const dead = deadLetters('billing.dead')
stream(dead).pipe(
  mapValue((letter) => letter.source.topic),
  to(topic('sources', { key: nullable(topicKey()), value: text })),
)

function topicKey(): (typeof dead)['key'] {
  return dead.key
}

// 24 operators in one pipe, typed from the first to the last
const f = mapValue((value: number, _: StreamRecord<number, number>) => value)
const long = stream(counts).pipe(
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  mapValue((value) => String(value)),
  mapValue((value) => value.length),
)
equal<OutputOf<typeof long>, StreamRecord<number, number>>(true)
stream(counts).pipe(
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  f,
  mapValue((value) => String(value)),
  // @ts-expect-error value does not fit topic 'counts', 24 operators on
  to(counts),
)

// the message names the topic
type Refused = Fits<StreamRecord<string, number>, string, string, 'receipts'>
equal<keyof Refused, "value does not fit topic 'receipts'">(true)
type NoRecord = "no record for topic 'receipts': build it from the one you got, { ...record, value }"
equal<keyof Fits<{ total: number }, string, string, 'receipts'>, NoRecord>(true)
equal<keyof Fits<{ key: string; value: string }, string, string, 'receipts'>, NoRecord>(true)
equal<keyof Fits<StreamRecord<number, string>, string, string, 'receipts'>, "key does not fit topic 'receipts'">(true)

// what is delayed: of the target's types, and of the tiers that were declared
const Reason = t.type({ reason: t.keyof({ unpaid: null }) })
const cancellations = topic('cancellations', { key: t.string, value: Reason })
const unpaid = delayed('unpaid', { to: cancellations, tiers: ['5s', '1m', '30m'] })
const timeouts = stream(orders).pipe(
  schedule(unpaid, (r) =>
    r.value.status === 'created' ? { id: r.key, after: '30m', key: r.key, value: { reason: 'unpaid' } } : undefined,
  ),
  cancel(unpaid, (r) => (r.value.status === 'paid' ? r.key : undefined)),
  schedule(unpaid, (r) => ({ at: r.timestamp + 1, key: r.key, value: { reason: 'unpaid' } })),
)
equal<OutputOf<typeof timeouts>, StreamRecord<string, Order>>(true)
// @ts-expect-error no such tier
stream(orders).pipe(schedule(unpaid, (r) => ({ id: r.key, after: '7m', key: r.key, value: { reason: 'unpaid' } })))
// @ts-expect-error no such reason
stream(orders).pipe(schedule(unpaid, (r) => ({ id: r.key, after: '5s', key: r.key, value: { reason: 'paid' } })))
// @ts-expect-error the target's keys are text
stream(orders).pipe(schedule(unpaid, () => ({ after: '5s', key: 7, value: { reason: 'unpaid' } })))
// @ts-expect-error due twice
stream(orders).pipe(schedule(unpaid, (r) => ({ after: '5s', at: 7, key: r.key, value: { reason: 'unpaid' } })))
// @ts-expect-error never due
stream(orders).pipe(schedule(unpaid, (r) => ({ id: r.key, key: r.key, value: { reason: 'unpaid' } })))
// @ts-expect-error an id is text
stream(orders).pipe(cancel(unpaid, (r) => r.value.total))
// @ts-expect-error no time
delayed('odd', { to: cancellations, tiers: ['soon'] })
