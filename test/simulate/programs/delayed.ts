import * as fc from 'fast-check'
import * as t from 'io-ts'
import { cancel, schedule, to } from '../../../operators/index.ts'
import { jobHeader } from '../../../src/codec/job-headers.ts'
import { type Delayed, delayed, type StreamRecord, stream, topic } from '../../../src/index.ts'
import { type Program, program, type RunWith } from '../program.ts'

const Status = t.keyof({ created: null, paid: null })
const Order = t.type({ status: Status, nonce: t.number })
type Order = t.TypeOf<typeof Order>

const orders = topic('orders', { key: t.string, value: Order, partitions: 2 })
const payments = topic('payments', { key: t.string, value: t.number, partitions: 2 })
const cancellations = topic('cancellations', { key: t.string, value: t.number, partitions: 2 })

/** Longer than it takes until all is well again: which orders were paid in time is not for a clock to decide. */
export const unpaid: Delayed<string, number, '2m'> = delayed('unpaid-orders', { to: cancellations, tiers: ['2m'] })

/** Whoever sets a clock says when a job is due. Waiting for jobs takes a while, in virtual time too. */
const runWith: RunWith = { spared: ['clock-step'], batchRuns: 3 }

const nonce = fc.noShrink(fc.noBias(fc.nat()))
const key = fc.constantFrom('a', 'b', 'c', 'd')
const orderOf = (key: fc.Arbitrary<string>) =>
  fc.record({
    key,
    value: fc.record({ status: fc.constantFrom<'created' | 'paid'>('created', 'paid'), nonce }),
  })
const order = orderOf(key)

const timeouts = <T extends string>(of: Delayed<string, number, T>, after: NoInfer<T>) =>
  stream(orders).pipe(
    schedule(of, (r) =>
      r.value.status === 'created' ? { id: r.key, after, key: r.key, value: r.value.nonce } : undefined,
    ),
    cancel(of, (r) => (r.value.status === 'paid' ? r.key : undefined)),
  )

interface Expected {
  readonly key: string
  readonly value: number
}

/** Those that were created last, and not paid since. */
const leftUnpaid = (records: readonly StreamRecord<string, Order>[]): readonly Expected[] => {
  const open = new Map<string, number>()
  for (const { key, value } of records)
    if (value.status === 'created') open.set(key, value.nonce)
    else open.delete(key)
  return [...open].map(([key, value]) => ({ key, value }))
}

/** Orders that are not paid are cancelled: by one pipeline, which sees their events in order. */
export const orderTimeouts = (of: typeof unpaid = unpaid): Program =>
  program(
    'order timeouts',
    {
      app: (millrace) => millrace.run('order-timeouts', timeouts(of, '2m')),
      topics: [orders, cancellations],
      input: { orders: order },
      expect: (e) => [
        e.exactlyOnce(cancellations, ({ orders }) => leftUnpaid(orders)),
        e.neverEarly(cancellations, (record) => record.timestamp),
      ],
    },
    runWith,
  )

/** Which scheduling of which job a record comes from. */
const schedulingOf = ({ key, headers }: StreamRecord<string, number>): string =>
  `${key}/${Buffer.from(headers.get(jobHeader.gen) ?? []).toString()}`

/** Whatever clocks say: then a job may be early by as much, and an order paid too late; but none is cancelled twice for one. */
const onceByAnyClock: Program = program(
  'once by any clock',
  {
    app: (millrace) => millrace.run('order-timeouts', timeouts(unpaid, '2m')),
    topics: [orders, cancellations],
    input: { orders: order },
    expect: (e) =>
      e.eventually(
        cancellations,
        'each job fires once',
        (records) => new Set(records.map(schedulingOf)).size === records.length,
      ),
  },
  { batchRuns: 3 },
)

/** What is paid, in a pipeline of its own, is not cancelled, however far behind the other one is. */
export const paidElsewhere = (of: typeof unpaid = unpaid): Program =>
  program(
    'paid elsewhere',
    {
      app: async (millrace) => {
        const placed = stream(orders).pipe(
          schedule(of, (r) => ({ id: r.key, after: '2m', key: r.key, value: r.value.nonce })),
        )
        await millrace.run('placed', placed)
        await millrace.run('paid', stream(payments).pipe(cancel(of, (r) => r.key)))
      },
      topics: [orders, payments, cancellations],
      input: { orders: order, payments: fc.record({ key, value: nonce }) },
      expect: (e) => [
        e.atMostOnce(cancellations, ({ orders, payments }) =>
          orders
            .filter((r) => !payments.some((paid) => paid.key === r.key && paid.timestamp >= r.timestamp))
            .map((r) => ({ key: r.key, value: r.value.nonce })),
        ),
        e.noLoss(cancellations, ({ orders, payments }) => {
          const placed = new Map(orders.map((r) => [r.key, r.value.nonce]))
          for (const { key } of payments) placed.delete(key)
          return [...placed].map(([key, value]) => ({ key, value }))
        }),
      ],
    },
    runWith,
  )

export const soonUnpaid: Delayed<string, number, '5s'> = delayed('soon-unpaid', { to: cancellations, tiers: ['5s'] })

/** What was read of the orders, stamped when it is written: with the command that was made of it. */
const seen = topic('seen', {
  key: t.string,
  value: Order,
  partitions: 2,
  config: { 'message.timestamp.type': 'LogAppendTime' },
})

/** How much earlier than the job is due a cancellation is written that is surely committed in time. */
const inTimeMs = 2_000

/** Those that are not cancelled in time, by when their commands were written. */
const mayFire = (records: readonly StreamRecord<string, Order>[]): readonly Expected[] =>
  records.flatMap(({ key, value, timestamp }, at) => {
    if (value.status !== 'created') return []
    const next = records.slice(at + 1).find((other) => other.key === key)
    const isCancelled = next?.value.status === 'paid' && next.timestamp < timestamp + 5_000 - inTimeMs
    return isCancelled ? [] : [{ key, value: value.nonce }]
  })

/** More of them, so that some are paid long after they were placed. */
const orderOfMany = orderOf(fc.constantFrom(...'abcdefghijklmnop'.split('')))

/** Orders that are paid at the last moment, while what moves their timeouts comes and goes. */
export const paidInTime = (of: typeof soonUnpaid = soonUnpaid): Program =>
  program(
    'paid in time',
    {
      app: (millrace) => millrace.run('order-timeouts', timeouts(of, '5s').pipe(to(seen))),
      topics: [orders, cancellations, seen],
      input: { orders: orderOfMany },
      records: 60,
      lengthMs: 10_000,
      expect: (e) => e.atMostOnce(cancellations, ({ seen }) => mayFire(seen)),
    },
    { ...runWith, batchRuns: 10 },
  )

/** Programs that put something off. */
export const delayedPrograms: readonly Program[] = [orderTimeouts(), onceByAnyClock, paidElsewhere(), paidInTime()]
