import { describe, expect, it, onTestFinished } from 'vitest'
import { to } from '../../operators/to.ts'
import {
  type Consumer,
  connect,
  deadLetter,
  deadLetters,
  type Millrace,
  store,
  stream,
  text,
  topic,
} from '../../src/index.ts'
import { failOnUnheardErrors } from '../support/bad-input.ts'
import { untyped } from '../support/untyped.ts'

failOnUnheardErrors()

// Calls as a program without types may make them: each is refused before anything of it happens, with the way out.

const orders = topic('orders', { key: text, value: text, partitions: 4 })
const sums = store('sums', { key: text, value: text })
const nothing = () => undefined
const at = { topic: 'orders', partition: 0, offset: 0 }
const letters = deadLetters('dead')

const open = async (): Promise<Millrace> => {
  const millrace = await connect('memory:')
  onTestFinished(() => millrace.close())
  await millrace.create(orders)
  return millrace
}

/** The message of the `TypeError` that `call` throws or rejects with. */
const complaint = async (call: () => unknown): Promise<string> => {
  const error: unknown = await (async () => call())().then(
    () => expect.fail('nothing was refused'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(TypeError)
  return (error as Error).message
}

// biome-ignore lint/suspicious/noExplicitAny: what does not compile is what is tried
type Untyped = any
type Case = readonly [call: string, says: string]

const named = `declare it once, const orders = topic('orders', { key, value }), and pass that`

const calls: readonly Case[] = [
  [`m.send(orders, {})`, `send('orders', …) takes an array of records, and not an empty object: write send(topic, [`],
  [`m.send(orders, { key: 'k', value: 'v' })`, 'and not an object { key, value }'],
  [`m.send('orders', [])`, `send(…) takes a topic, and not "orders": ${named}`],
  [`m.send({ topic: 'orders', messages: [] })`, 'send(…) takes a topic, and not an object { topic, messages }'],
  [`m.send(orders, ['hello'])`, `takes records, and not "hello": record 0 is none, write { key, value }`],
  [`m.run('p', to(orders))`, `run('p', …) takes a pipeline, and not a function: begin one with stream(topic)`],
  [
    `m.run(stream(orders))`,
    `run(…) takes the pipeline's name first, and not a pipeline: write run('billing', pipeline)`,
  ],
  [`m.run()`, `run(…) takes the pipeline's name first, and not undefined`],
  [`m.run('p', orders)`, `and not topic 'orders'`],
  [`m.run('p', stream(orders), nothing)`, `run('p', …): options are an object`],
  [`m.run('p', stream(orders), { uses: orders })`, `uses is an array of topics and stores, as in { uses: [orders] }`],
  [`m.run('p', stream(orders), { uses: ['orders'] })`, `as in { uses: [orders] }, and not "orders"`],
  [
    `m.run('p', stream(orders), { concurrency: '16' })`,
    `and not "16", which is text: make a number of it, with Number(…)`,
  ],
  [`m.run('p', stream(orders), { rate: 2000 })`, `rate is text, as in '2000/s', and not 2000`],
  [
    `m.run('p', stream(orders), { onError: letters })`,
    `onError is topic 'dead', and no policy: write onError: deadLetter(topic)`,
  ],
  [`m.run('p', stream(orders), { onError: deadLetter })`, `the function deadLetter, which was not called`],
  [
    `m.run('p', stream(orders), { onError: { policies: ['skip', deadLetter], choose: nothing } })`,
    `lists the function deadLetter among its policies`,
  ],
  [`m.transaction()`, `transaction(…) takes an async function of the transaction, and not undefined`],
  [`m.transaction(async () => {}, { timeoutMs: 1 })`, `takes the function alone, and not an object { timeoutMs }`],
  [`m.transaction((tx) => tx.send('orders', []))`, `tx.send(…) takes a topic, and not "orders"`],
  [`m.transaction((tx) => tx.commitPosition())`, `commitPosition(…) takes a consumer, and not undefined`],
  [
    `m.deadLetters('dead')`,
    `takes a topic of dead letters, and not "dead": write millrace.deadLetters(deadLetters('billing.dead'))`,
  ],
  [`m.deadLetters(orders)`, `takes a topic of dead letters, and not topic 'orders': it cannot hold them`],
  [`m.create('orders')`, `argument 1 of create(…) takes a topic, and not "orders"`],
  [`m.create([orders])`, `and not an array of 1: pass topics one by one, as in ...topics`],
  [`m.delete('orders')`, `argument 1 of delete(…) takes a topic`],
  [`m.grow('orders', 8)`, `grow(…) takes a topic, and not "orders"`],
  [
    `m.grow(orders, 8, { keyMayMove: true })`,
    `there is no option 'keyMayMove'; there are keysMayMove: did you mean keysMayMove?`,
  ],
  [`m.configure(orders)`, `configure('orders', …) takes settings, and not undefined`],
  [`m.deleteRecords([at])`, `deleteRecords(…) takes a position, and not an array of 1`],
  [`m.deleteRecords({ ...at, offset: '7' })`, `takes a whole number as offset, and not "7"`],
  [`m.describe([orders])`, `pass topics one by one`],
  [`m.describe({ all: true })`, `describe(…): there is no option 'all'; there are internal`],
  [`m.groups(['g'])`, `takes names of groups one by one, and not an array of 1`],
  [`m.committed()`, `committed(…) takes the name of a group, and not undefined`],
  [`m.deleteGroup({ group: 'g' })`, `and not an object { group }`],
  [`m.read('orders')`, `read(…) takes a topic, and not "orders"`],
  [`m.read(orders, { from: { offset: 3 } })`, `and not an object { offset }`],
  [`m.read(orders, { from: { offsets: [3] } })`, `from offsets is by partition, as in { offsets: { 0: 17 } }`],
  [`m.read(orders, { from: { timestamp: new Date() } })`, `as in date.getTime(), and not a Date`],
  [`m.read(orders, { partitions: 0 })`, `partitions is an array of numbers, as in [0, 2], and not 0`],
  [
    `m.read(orders, { isolation: 'committed' })`,
    `isolation is one of 'read_committed', 'read_uncommitted', and not "committed"`,
  ],
  [`m.read(orders, { onUnreadable: 'ignore' })`, `onUnreadable is 'halt', 'skip' or a function, and not "ignore"`],
  [`m.read(orders, { signal: new AbortController() })`, `signal is an AbortSignal, as in controller.signal`],
  [`m.observe()`, `observe(…) takes a topic, and not undefined`],
  [`m.observe(orders, nothing)`, `observe('orders', …): options are an object`],
  [`m.observe(orders, { form: 'latest' })`, `there is no option 'form'`],
  [`m.consumer('orders')`, `consumer(…): options are an object, as in { topics, group }, and not "orders"`],
  [`m.consumer({ groupId: 'g', topics: [orders] })`, `did you mean group?`],
  [`m.consumer({ topics: [orders] })`, `takes the name of a group as group, and not undefined`],
  [`m.consumer({ topics: orders, group: 'g' })`, `takes an array of topics as topics, and not topic 'orders'`],
  [`m.consumer({ topics: [], group: 'g' })`, `takes an array of topics as topics, and not an array of 0`],
  [`m.consumer({ topics: ['orders'], group: 'g' })`, `consumer({ topics }) takes a topic, and not "orders"`],
  [`m.consumer({ topics: [orders], group: 'g', assign: [0] })`, `consumer({ assign }) takes partitions, and not 0`],
  [`m.consumer({ topics: [orders], group: 'g', from: 'begin' })`, `from is 'earliest', 'latest' or { timestamp }`],
  [`m.consumer({ topics: [orders], group: 'g', assignor: 'best' })`, `assignor is one of 'range'`],
  [`m.consumer({ topics: [orders], group: 'g', sessionTimeoutMs: '9' })`, `and not "9", which is text`],
  [`m.consumer({ topics: [orders], group: 'g', onRevoked: true })`, `takes a function as onRevoked, and not true`],
]

const scope = { orders, stream, to, deadLetter, letters, nothing, at }

describe('a call that is none', () => {
  it.each(calls)('%s', async (call, says) => {
    const millrace = await open()
    expect(await complaint(() => untyped(call, { ...scope, m: millrace }))).toContain(says)
    // and nothing was begun that would be in the way
    await millrace.send(orders, [{ key: 'k', value: 'v' }])
    expect(await millrace.groups()).toEqual([])
  })

  it.each<Case>([
    [`connect()`, `connect(…) takes the address of an engine first, and not undefined: write connect('file:./data')`],
    [`connect({ brokers: ['localhost:9092'] })`, `and not an object { brokers }`],
    [`connect('memory:', { clientID: 'a' })`, `did you mean clientId?`],
    [`connect('memory:', { clientId: 5 })`, `takes a name as clientId, and not 5`],
    [`connect('memory:', { readOnly: 'no' })`, `readOnly is true or false, and not "no"`],
    [`connect('memory:', { send: { lingerMs: '5' } })`, `lingerMs is a whole number of at least 0, and not "5"`],
  ])('%s', async (call, says) => {
    expect(await complaint(() => untyped(call, { connect }))).toContain(says)
  })
})

describe('a call of a consumer that is none', () => {
  it.each<Case>([
    [`c.poll(1000)`, `poll(…): options are an object, as in { timeoutMs, maxBytes }, and not 1000`],
    [`c.poll({ timeout: 1000 })`, `did you mean timeoutMs?`],
    [`c.commit(at)`, `commit(…) takes an array of positions, and not an object { topic, partition, offset }`],
    [`c.commit(['orders'])`, `commit(…) takes a position, and not "orders"`],
    [`c.seek('orders', 0, 5)`, `seek(…) takes a position, and not "orders"`],
    [`c.seek({ ...at, offset: 'earliest' })`, `seek(…) takes a whole number as offset, and not "earliest"`],
    [`c.pause([at])`, `pause(…) takes partitions, and not an array of 1`],
    [`c.resume(0)`, `resume(…) takes partitions, and not 0`],
  ])('%s', async (call, says) => {
    const millrace = await open()
    const consumer: Consumer<string, string> = await millrace.consumer({ topics: [orders], group: 'g', assign: [at] })
    expect(await complaint(() => untyped(call, { c: consumer, at }))).toContain(says)
    await consumer.poll({ timeoutMs: 0 })
  })
})

describe('stop', () => {
  it.each<readonly [unknown, string]>([
    [5000, `stop of pipeline 'p': options are an object, as in { timeoutMs }, and not 5000`],
    [{ timeout: 5000 }, 'did you mean timeoutMs?'],
    [{ timeoutMs: '5' }, 'timeoutMs is a whole number of at least 0, and not "5"'],
  ])('refuses %j', async (options, says) => {
    const millrace = await open()
    const running = await millrace.run('p', stream(orders))
    expect(await complaint(() => running.stop(options as Untyped))).toContain(says)
    await running.stop()
  })
})

describe('what is no topic of dead letters', () => {
  it.each<readonly [unknown, string]>([
    [
      'dead',
      `deadLetter(…) takes a topic of dead letters, and not "dead": write deadLetter(deadLetters('billing.dead'))`,
    ],
    [orders, `and not topic 'orders': it cannot hold them (text cannot write null`],
    [sums, `and not store 'sums'`],
  ])('is refused', (given, says) => {
    expect(() => deadLetter(given as Untyped)).toThrow(says)
  })
})
