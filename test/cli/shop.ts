import { mapValue } from '../../operators/map-value.ts'
import {
  connect,
  type Delayed,
  deadLetter,
  deadLetters,
  delayed,
  type Millrace,
  stream,
  type Topic,
  text,
  topic,
} from '../../src/index.ts'

const orders = topic('orders', { key: text, value: text })
export const cancellations: Topic<string, string> = topic('cancellations', { key: text, value: text })
const dead = deadLetters('charge.dead')
export const unpaid: Delayed<string, string, '30m'> = delayed('unpaid-orders', { to: cancellations, tiers: ['30m'] })

class CardRefused extends Error {
  override readonly name = 'CardRefused'
}

const charging = stream(orders).pipe(
  mapValue((order: string): string => {
    if (order.includes('late')) throw new RangeError('the bank is closed')
    throw new CardRefused('no money')
  }),
)

/** A directory of a shop whose program has ended: its pipeline `charge` gave three orders up, and three orders wait for their payment. */
export const makeShop = async (url: string): Promise<void> => {
  const millrace = await connect(url, { durability: 'process' })
  try {
    await millrace.create(orders, cancellations, dead)
    await giveUp(millrace)
    await scheduleThree(millrace)
  } finally {
    await millrace.close()
  }
}

const giveUp = async (millrace: Millrace): Promise<void> => {
  const running = await millrace.run('charge', charging, { onError: deadLetter(dead), outageAfter: 100 })
  running.errors$.subscribe()
  for (const order of [
    { order: 'o1', cents: 700 },
    { order: 'o2', cents: 2_500 },
    { order: 'o3', cents: 100, late: true },
  ]) {
    await millrace.send(orders, [{ key: order.order, value: JSON.stringify(order) }])
    // one transaction each, so that the letters lie at the same offsets in every run
    await running.caughtUp()
  }
  await running.stop()
}

const scheduleThree = async (millrace: Millrace): Promise<void> => {
  const jobs = millrace.jobs(unpaid)
  for (const id of ['o4', 'o5', 'o6'])
    await jobs.schedule({ id, after: '30m', key: id, value: JSON.stringify({ order: id, reason: 'unpaid' }) })
  await jobs.cancel('o6')
}
