import * as fc from 'fast-check'
import * as t from 'io-ts'
import { filterValue, mapValue, rekey, to } from '../../operators/index.ts'
import { json, type Millrace, stream, text, topic } from '../../src/index.ts'
import {
  type DeliveryError,
  deliverySemantics,
  type Faults,
  type Outcome,
  simulate,
  testPipeline,
  type Violation,
} from '../../src/testing/index.ts'
import { equal } from './equal.ts'

const Order = t.type({
  id: t.string,
  customerId: t.string,
  total: t.number,
  status: t.keyof({ created: null, paid: null }),
})
const orders = topic('orders', { key: text, value: json(Order) })
const receipts = topic('receipts', { key: text, value: json(t.type({ total: t.number })) })
const others = topic('others', { key: text, value: text })

const billing = stream(orders).pipe(
  filterValue((order) => order.status === 'paid'),
  rekey((record) => record.value.customerId),
  mapValue(({ total }) => ({ total })),
  to(receipts),
)
const app = (millrace: Millrace) => millrace.run('billing', billing)
const order: fc.Arbitrary<t.TypeOf<typeof Order>> = fc.record({
  id: fc.string(),
  customerId: fc.string(),
  total: fc.nat(),
  status: fc.constantFrom('created', 'paid'),
})
const input = { orders: fc.record({ key: fc.string(), value: order }) }
const topics = [orders, receipts] as const

export const found = ({ outcome }: DeliveryError): readonly Violation[] => {
  equal<typeof outcome, Outcome>(true)
  return outcome.violations
}

export const typed = async (): Promise<void> => {
  await deliverySemantics({
    app,
    topics: [orders, receipts],
    input,
    faults: ['zombie', 'broker-crash'],
    expect: (e) => [
      e.exactlyOnce(receipts, ({ orders }) =>
        orders
          .filter(({ value }) => value.status === 'paid')
          .map(({ value }) => ({ key: value.customerId, value: { total: value.total } })),
      ),
      e.neverEarly(receipts, (receipt) => receipt.value.total),
      e.eventually(receipts, 'none is free', (all) => all.every(({ value }) => value.total > 0)),
    ],
  })
  await deliverySemantics({
    app,
    topics,
    input,
    // @ts-expect-error the model's values must fit the topic
    expect: (e) => e.exactlyOnce(receipts, ({ orders }) => orders.map(({ key }) => ({ key, value: { totl: 1 } }))),
  })
  await deliverySemantics({
    app,
    topics,
    input,
    // @ts-expect-error none of the topics is named so
    expect: (e) => e.noLoss(receipts, ({ order }) => order),
  })
  await deliverySemantics({
    app,
    topics,
    // @ts-expect-error what is sent must fit its topic
    input: { orders: fc.record({ key: fc.nat(), value: order }) },
    expect: () => [],
  })
  // @ts-expect-error there is no such fault
  await deliverySemantics({ app, topics, input, faults: ['zombi'], expect: () => [] })
  const flaky = [
    'rough',
    { loss: { times: 3, severity: [0.5, 1] }, zombie: { forMs: 30_000 } },
  ] as const satisfies Faults
  await deliverySemantics({ app, topics, input, faults: [flaky, 'disk-full', { 'clock-step': 0 }], expect: () => [] })
  await deliverySemantics({ app, topics, input, faults: { 'disk-full': 2 }, expect: () => [] })
  // @ts-expect-error there is no such fault
  await deliverySemantics({ app, topics, input, faults: { 'disk-ful': 2 }, expect: () => [] })
  // @ts-expect-error a preset has no intensity of its own
  await deliverySemantics({ app, topics, input, faults: { jepsen: 2 }, expect: () => [] })
  // @ts-expect-error a zombie is one, or is none
  await deliverySemantics({ app, topics, input, faults: { zombie: { severity: 1 } }, expect: () => [] })
  // @ts-expect-error numbers are near their ends from the beginning on
  await deliverySemantics({ app, topics, input, faults: ['jepsen', { 'near-wrap': { forMs: 1 } }], expect: () => [] })

  const test = await testPipeline(billing, {
    input: { orders: [{ key: 'a', value: { id: 'a', customerId: 'c', total: 1, status: 'paid' } }] },
  })
  const [receipt] = test.records(receipts)
  if (receipt !== undefined) equal<typeof receipt.value, { total: number }>(true)
  await test.elapse('30m')
  // @ts-expect-error a time has a unit
  await test.elapse('30')
  // @ts-expect-error the topic's values are orders
  await test.send(orders, [{ key: 'a', value: { id: 'a' } }])
  // @ts-expect-error the pipeline does not read it
  await testPipeline(billing, { input: { others: [{ key: 'a', value: 'b' }] } })

  const total = await simulate(async (sim) => {
    await sim.create(orders, receipts, others)
    const started = sim.start('app', app)
    await sim.send(others, [{ key: 'a', value: 'b' }])
    // @ts-expect-error the topic's values are texts
    await sim.send(others, [{ key: 'a', value: 7 }])
    sim.partition([started], ['broker-0'])
    return (await sim.records(receipts)).reduce((sum, { value }) => sum + value.total, 0)
  })
  equal<typeof total, number>(true)
}
