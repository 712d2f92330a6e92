import * as t from 'io-ts'
import { type Delayed, delayed, type Millrace, type Running, store, stream, type Topic, topic } from 'millrace'
import { cancel, filterValue, scanByKey, schedule, to } from 'millrace/operators'

/** What happens to an order. `timed-out` is what we have scheduled ourselves. */
export type OrderEvent = 'created' | 'paid' | 'timed-out'

/** What has become of an order, and whether the last event has changed it. */
export interface OrderState {
  readonly status: 'open' | 'paid' | 'cancelled'
  readonly isNew: boolean
}

const partitions = 2
const Event: t.Type<OrderEvent> = t.keyof({ created: null, paid: null, 'timed-out': null })
const State: t.Type<OrderState> = t.type({
  status: t.keyof({ open: null, paid: null, cancelled: null }),
  isNew: t.boolean,
})

/** The events of each order, in their order, timeouts among them. Stamped when they are written. */
export const orders: Topic<string, OrderEvent, 'orders'> = topic('orders', {
  key: t.string,
  value: Event,
  partitions,
  config: { 'message.timestamp.type': 'LogAppendTime' },
})

/** The orders that were cancelled, since they were not paid. */
export const cancelled: Topic<string, OrderState, 'cancelled'> = topic('cancelled', {
  key: t.string,
  value: State,
  partitions,
})

/** Where the feeder goes on: how many events it has sent. */
export const fed: Topic<string, number, 'fed'> = topic('fed', { key: t.string, value: t.number })

/** How long an order may take to be paid, in words and in milliseconds. */
export const timeouts = { '2s': 2_000, '30m': 1_800_000 } as const
export type Timeout = keyof typeof timeouts

/** A timeout is an event of the order like any other: whether the payment came before it, the log says. */
export const unpaid: Delayed<string, OrderEvent, Timeout> = delayed('unpaid-orders', {
  to: orders,
  tiers: ['2s', '30m'],
})

const states = store('orders', { key: t.string, value: State })

/** What comes first of payment and timeout stands. */
const next = ({ status }: OrderState, event: OrderEvent): OrderState => {
  if (status !== 'open' || event === 'created') return { status, isNew: false }
  return { status: event === 'paid' ? 'paid' : 'cancelled', isNew: true }
}

/** Schedules the timeout of each order, cancels it when the order is paid, and cancels the order when it comes. */
export const cancelUnpaid = (millrace: Millrace, after: Timeout): Promise<Running> =>
  millrace.run(
    'order-timeouts',
    stream(orders).pipe(
      schedule(unpaid, (r) =>
        r.value === 'created' ? { id: r.key, after, key: r.key, value: 'timed-out' } : undefined,
      ),
      cancel(unpaid, (r) => (r.value === 'paid' ? r.key : undefined)),
      scanByKey(states, { status: 'open', isNew: false }, next),
      filterValue(({ status, isNew }) => status === 'cancelled' && isNew),
      to(cancelled),
    ),
  )
