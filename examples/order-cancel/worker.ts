import { setTimeout as wait } from 'node:timers/promises'
import { connect, type Millrace } from 'millrace'
import { cancelled, cancelUnpaid, fed, orders, timeouts, unpaid } from './app.ts'
import { type Planned, planOrders } from './plan.ts'

/** How many events were sent: whatever the last transaction that was committed says. */
const sentSoFar = async (millrace: Millrace): Promise<number> => {
  let sent = 0
  for await (const { value } of millrace.read(fed, { until: 'latest' })) sent = value
  return sent
}

/** Sends each event at its time, or at once where that has passed; with where to go on in one transaction. */
const feed = async (millrace: Millrace, plan: readonly Planned[], beganMs: number): Promise<void> => {
  for (let next = await sentSoFar(millrace); next < plan.length; ) {
    await wait(Math.max(0, beganMs + (plan[next]?.atMs ?? 0) - Date.now()))
    const from = next
    while (next < plan.length && beganMs + (plan[next]?.atMs ?? 0) <= Date.now()) next += 1
    await millrace.transaction(async (tx) => {
      await tx.send(
        orders,
        plan.slice(from, next).map(({ order, event }) => ({ key: order, value: event })),
      )
      await tx.send(fed, [{ key: 'events', value: next }])
    })
  }
}

const isAnyPending = async (millrace: Millrace): Promise<boolean> => {
  for await (const _ of millrace.jobs(unpaid).list()) return true
  return false
}

/** The process that is killed: it owns the directory, feeds the orders and cancels them. */
const [data = '', count = '', length = '', began = ''] = process.argv.slice(2)
const orphaned = (): void => process.exit(1)
process.once('disconnect', orphaned)
// killed, and not switched off: nothing has to be flushed for that
const millrace = await connect(`file:${data}`, { durability: 'process' })
await millrace.create(orders, cancelled, fed)
const running = await cancelUnpaid(millrace, '2s')
const plan = planOrders({ count: Number(count), lengthMs: Number(length), timeoutMs: timeouts['2s'] })
await Promise.race([feed(millrace, plan, Number(began)), running.done])
await running.caughtUp()
while (await isAnyPending(millrace)) await wait(50)
await running.caughtUp()
await millrace.close()
process.off('disconnect', orphaned)
process.disconnect()
