import type { OrderEvent } from './app.ts'

/** An event of an order, so long after the beginning. */
export interface Planned {
  readonly atMs: number
  readonly order: string
  readonly event: OrderEvent
}

/** Four of five orders are paid, in the time that they have for it; the others never are. */
const paidShare = 0.8

/** Numbers from 0 to 1, the same for each seed. */
const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

/** The events of `count` orders that come within `lengthMs`, in the order of their times. */
export const planOrders = (o: {
  readonly count: number
  readonly lengthMs: number
  readonly timeoutMs: number
}): readonly Planned[] => {
  const random = seeded(o.count)
  const events: Planned[] = []
  for (let at = 0; at < o.count; at++) {
    const order = `order-${at}`
    const createdMs = Math.floor(random() * o.lengthMs)
    events.push({ atMs: createdMs, order, event: 'created' })
    if (random() < paidShare)
      events.push({ atMs: createdMs + Math.floor(random() * 0.9 * o.timeoutMs), order, event: 'paid' })
  }
  // sorting is stable: what happens at once is paid after it was created
  return events.sort((a, b) => a.atMs - b.atMs)
}
