import * as t from 'io-ts'
import { connect, deadLetters, type Millrace, MillraceError, type Topic, topic } from '../../src/index.ts'

interface Order {
  readonly customerId: string
  readonly status: string
  readonly cents: number
}
interface Receipt {
  readonly cents: number
}
const Order: t.Type<Order> = t.type({ customerId: t.string, status: t.string, cents: t.number })
const Receipt: t.Type<Receipt> = t.type({ cents: t.number })

/** What an example of the docs may use without saying where it comes from. */
export interface ExamplePreamble {
  /** A connection of its own, with the topics below. */
  readonly millrace: Millrace
  readonly MillraceError: typeof MillraceError
  readonly Order: typeof Order
  readonly Receipt: typeof Receipt
  readonly orders: Topic<string, Order, 'orders'>
  readonly receipts: Topic<string, Receipt, 'receipts'>
  readonly order: Order
  readonly toReceipt: (order: Order) => Receipt
  readonly freeSomeSpace: () => Promise<void>
  /** Says nothing. */
  readonly console: Pick<Console, 'log' | 'error'>
}

export const examplePreamble = async (): Promise<ExamplePreamble> => {
  const orders = topic('orders', { key: t.string, value: Order, partitions: 4 })
  const receipts = topic('receipts', { key: t.string, value: Receipt, partitions: 4 })
  const millrace = await connect('memory:')
  await millrace.create(orders, receipts, deadLetters('billing.dead'))
  return {
    millrace,
    MillraceError,
    Order,
    Receipt,
    orders,
    receipts,
    order: { customerId: 'ada', status: 'paid', cents: 1200 },
    toReceipt: ({ cents }) => ({ cents }),
    freeSomeSpace: async () => undefined,
    console: { log: () => undefined, error: () => undefined },
  }
}
