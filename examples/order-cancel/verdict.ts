import type { Millrace } from 'millrace'
import { cancelled, orders, type Timeout, timeouts } from './app.ts'

/** What has become of the orders, by what the log says. */
export interface Verdict {
  readonly orders: number
  /** Before their timeout. */
  readonly paid: number
  readonly cancelled: number
  /** Though their payment came before the timeout. */
  readonly wronglyCancelled: number
  /** Neither paid nor cancelled in the end. */
  readonly missed: number
  /** Cancelled, or timed out, more than once. */
  readonly doubled: number
  /** Timed out before they were due. */
  readonly early: number
  /** How much later than due timeouts were in the log. */
  readonly latenessMs: readonly number[]
}

interface Order {
  createdMs: number
  isPaid: boolean
  timeouts: number
  cancellations: number
}

const number = (bytes: Uint8Array | undefined): number => Number(Buffer.from(bytes ?? []).toString())

/** Reads all orders, and what was cancelled, and compares. */
export const judge = async (millrace: Millrace, after: Timeout): Promise<Verdict> => {
  const all = new Map<string, Order>()
  const of = (id: string): Order => {
    const known = all.get(id) ?? { createdMs: 0, isPaid: false, timeouts: 0, cancellations: 0 }
    all.set(id, known)
    return known
  }
  let early = 0
  const latenessMs: number[] = []
  for await (const { key, value, timestamp, headers } of millrace.read(orders, { until: 'latest' })) {
    const order = of(key)
    if (value === 'created') order.createdMs = timestamp
    else if (value === 'paid') order.isPaid ||= order.timeouts === 0
    else {
      const dueMs = number(headers.get('millrace.due'))
      if (timestamp < dueMs || dueMs < order.createdMs + timeouts[after]) early += 1
      latenessMs.push(timestamp - dueMs)
      order.timeouts += 1
    }
  }
  for await (const { key } of millrace.read(cancelled, { until: 'latest' })) of(key).cancellations += 1
  const count = (is: (order: Order) => boolean): number => [...all.values()].filter(is).length
  return {
    orders: all.size,
    paid: count(({ isPaid }) => isPaid),
    cancelled: count(({ cancellations }) => cancellations > 0),
    wronglyCancelled: count(({ isPaid, cancellations }) => isPaid && cancellations > 0),
    missed: count(({ isPaid, cancellations }) => !isPaid && cancellations === 0),
    doubled: count(({ timeouts, cancellations }) => timeouts > 1 || cancellations > 1),
    early,
    latenessMs,
  }
}

/** The value that `share` of the numbers do not pass. */
export const percentile = (numbers: readonly number[], share: number): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
}
