/** Paid orders become receipts, keyed by customer: the example of the README, from sending to reading. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as t from 'io-ts'
import { connect, deadLetter, deadLetters, stream, topic } from 'millrace'
import { filterValue, mapValue, rekey, to } from 'millrace/operators'

const Order = t.type({
  customerId: t.string,
  status: t.union([t.literal('created'), t.literal('paid')]),
  cents: t.number,
})
const Receipt = t.type({ cents: t.number, tax: t.number })
type Order = t.TypeOf<typeof Order>
type Receipt = t.TypeOf<typeof Receipt>

const orders = topic('orders', { key: t.string, value: Order, partitions: 4 })
const receipts = topic('receipts', { key: t.string, value: Receipt, partitions: 4 })

const toReceipt = ({ cents }: Order): Receipt => ({ cents, tax: Math.round(cents * 0.19) })

const billing = stream(orders).pipe(
  filterValue((order) => order.status === 'paid'),
  rekey((record) => record.value.customerId),
  mapValue(toReceipt),
  to(receipts),
)

const data = mkdtempSync(join(tmpdir(), 'millrace-billing-'))
const millrace = await connect(`file:${data}`)
await millrace.create(orders, receipts, deadLetters('billing.dead'))
await millrace.send(orders, [
  { key: 'o1', value: { customerId: 'ada', status: 'paid', cents: 1200 } },
  { key: 'o2', value: { customerId: 'bob', status: 'created', cents: 700 } },
  { key: 'o3', value: { customerId: 'ada', status: 'paid', cents: 350 } },
])

const running = await millrace.run('billing', billing, { onError: deadLetter(deadLetters('billing.dead')) })
await running.caughtUp()
await running.stop()

for await (const { key, value } of millrace.read(receipts, { until: 'latest' }))
  console.log(`${key} pays ${value.cents} cents, of them ${value.tax} tax`)

await millrace.close()
rmSync(data, { recursive: true })
