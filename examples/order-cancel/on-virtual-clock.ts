import { connect } from 'millrace'
import { cancelled, cancelUnpaid, orders, timeouts } from './app.ts'
import { planOrders } from './plan.ts'
import { judge, type Verdict } from './verdict.ts'
import { VirtualClock } from './virtual-clock.ts'

const minuteMs = 60_000
/** Orders come for so long. */
const lengthMs = 5 * minuteMs
/** What comes within one step is sent at once. */
const stepMs = 5_000

/** Five minutes of orders that have thirty minutes each, in memory, as fast as this machine can. */
export const onVirtualClock = async (count: number): Promise<Verdict> => {
  const clock = new VirtualClock()
  const millrace = await clock.while(connect('memory:', { clock }))
  await clock.while(millrace.create(orders, cancelled))
  await clock.while(cancelUnpaid(millrace, '30m'))
  const plan = planOrders({ count, lengthMs, timeoutMs: timeouts['30m'] })
  const beginMs = clock.elapsed()
  const endMs = lengthMs + timeouts['30m'] + minuteMs
  for (let at = 0, next = 0; at <= endMs; at += stepMs) {
    await clock.passTo(beginMs + at)
    const from = next
    while (next < plan.length && (plan[next]?.atMs ?? 0) <= at) next += 1
    const events = plan.slice(from, next).map(({ order, event }) => ({ key: order, value: event }))
    if (events.length > 0) await clock.while(millrace.send(orders, events))
  }
  const verdict = await clock.while(judge(millrace, '30m'))
  await clock.while(millrace.close())
  return verdict
}
