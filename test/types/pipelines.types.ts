import * as t from 'io-ts'
import { filter } from 'rxjs'
import { filterValue, mapValue, rekey, to } from '../../operators/index.ts'
import { topic } from '../../src/codec/topic.ts'
import { stream } from '../../src/pipeline/stream.ts'

const Order = t.type({
  id: t.string,
  customerId: t.string,
  total: t.number,
  status: t.keyof({ created: null, paid: null }),
})
const Receipt = t.type({ total: t.number })
const orders = topic('orders', { key: t.string, value: Order, partitions: 4 })
const receipts = topic('receipts', { key: t.string, value: Receipt, partitions: 4 })
const toReceipt = (order: t.TypeOf<typeof Order>): t.TypeOf<typeof Receipt> => ({ total: order.total })

stream(orders).pipe(
  filterValue((order) => order.status === 'paid'),
  rekey((r) => r.value.customerId),
  mapValue(toReceipt),
  to(receipts),
)
stream(orders).pipe(
  filter((r) => r.value.status === 'paid'),
  mapValue((order) => ({ total: order.total })),
  to(receipts),
)
stream(orders).pipe(
  mapValue((order) => ({ totl: order.total })),
  // @ts-expect-error value does not fit topic 'receipts': said so, at `to`
  to(receipts),
)
stream(orders).pipe(
  rekey((r) => r.value.total),
  mapValue(toReceipt),
  // @ts-expect-error key does not fit topic 'receipts'
  to(receipts),
)
