import { describe, expect, it, onTestFinished } from 'vitest'
import { filterRecord } from '../../operators/filter-record.ts'
import { to } from '../../operators/to.ts'
import {
  connect,
  deadLetter,
  deadLetters,
  type Millrace,
  nullable,
  stream,
  type Topic,
  text,
  topic,
} from '../../src/index.ts'
import { failOnUnheardErrors, refusal } from '../support/bad-input.ts'

failOnUnheardErrors()

const orders = topic('orders', { key: nullable(text), value: nullable(text), partitions: 2 })
const small = topic('small', { key: text, value: text, config: { 'max.message.bytes': 1_000 } })
const nowhere = topic('nowhere', { key: text, value: text })

const open = async (): Promise<Millrace> => {
  const millrace = await connect('memory:')
  onTestFinished(() => millrace.close())
  await millrace.create(orders, small)
  return millrace
}

const valuesOf = async (
  millrace: Millrace,
  of: Topic<string | null, string | null> | Topic<string, string>,
): Promise<(string | null)[]> => {
  const values: (string | null)[] = []
  for await (const { value } of millrace.read(of as Topic<string | null, string | null>, { until: 'latest' }))
    values.push(value)
  return values
}

describe('a topic that does not exist', () => {
  const named = { code: 'unknown-topic', kind: 'refused', says: ["'nowhere'", /memory:|mind the spelling/, 'create'] }

  it('is named, with the engine and the way out, wherever it is asked for', async () => {
    const millrace = await open()
    await refusal(millrace.send(nowhere, [{ key: 'k', value: 'v' }]), named)
    await refusal(
      millrace.transaction((tx) => tx.send(nowhere, [{ key: 'k', value: 'v' }])),
      named,
    )
    await refusal(millrace.read(nowhere).next(), named)
    await refusal(new Promise((_resolve, error) => millrace.observe(nowhere).subscribe({ error })), named)
    await refusal(millrace.run('p', stream(nowhere)), named)
    await refusal(millrace.run('p', stream(small).pipe(to(nowhere))), named)
    await refusal(millrace.grow(nowhere, 3, { keysMayMove: true }), named)
    await refusal(millrace.configure(nowhere, {}), named)
    await refusal(millrace.delete(nowhere), named)
    await refusal(millrace.deleteRecords({ topic: 'nowhere', partition: 0, offset: 0 }), named)
  })

  it('is refused by a consumer too, in its group or beside it', async () => {
    const millrace = await open()
    const at = [{ topic: 'nowhere', partition: 0 }]
    await refusal(millrace.consumer({ topics: [nowhere], group: 'g', assign: at }), named)
    await refusal(millrace.consumer({ topics: [nowhere], group: 'g' }), named)
  })

  it('leaves what came before it and what comes after it untouched', async () => {
    const millrace = await open()
    const before = millrace.send(orders, [{ key: 'a', value: 'before', partition: 0 }])
    const wrong = refusal(millrace.send(nowhere, [{ key: 'k', value: 'v' }]), named)
    const after = millrace.send(orders, [{ key: 'a', value: 'after', partition: 0 }])
    await Promise.all([before, wrong, after])
    await refusal(
      millrace.transaction(async (tx) => {
        await tx.send(orders, [{ key: 'a', value: 'half' }])
        await tx.send(nowhere, [{ key: 'k', value: 'v' }])
      }),
      named,
    )
    expect(await valuesOf(millrace, orders)).toEqual(['before', 'after'])
    // and once it is there, nobody remembers that it was not
    await millrace.create(nowhere)
    await millrace.send(nowhere, [{ key: 'k', value: 'v' }])
    expect(await valuesOf(millrace, nowhere)).toEqual(['v'])
  })

  it('is refused before a run begins where it is where dead letters would go', async () => {
    const millrace = await open()
    const onError = deadLetter(deadLetters('orders.dead'))
    await refusal(millrace.run('p', stream(orders), { onError }), {
      ...named,
      says: ["pipeline 'p'", "'orders.dead'", 'millrace.create'],
    })
    expect(await millrace.groups('p')).toEqual([])
    await millrace.create(deadLetters('orders.dead', { partitions: 2 }))
    await (await millrace.run('p', stream(orders), { onError })).stop()
  })
})

describe('a partition that does not exist', () => {
  it('is named with those that do, and nothing of the call is written', async () => {
    const millrace = await open()
    const wrong = { code: 'unknown-partition', kind: 'refused', says: ["topic 'orders'", '2', '0 to 1'] }
    for (const partition of [2, -1, 0.5, Number.NaN])
      await refusal(
        millrace.send(orders, [
          { key: 'a', value: 'half' },
          { key: 'a', value: 'v', partition },
        ]),
        {
          ...wrong,
          says: ["topic 'orders'", 'record 1', `${partition}`, '0 to 1'],
        },
      )
    await refusal(
      millrace.transaction(async (tx) => {
        await tx.send(orders, [{ key: 'a', value: 'half' }])
        await tx.send(orders, [{ key: 'a', value: 'v', partition: 2 }])
      }),
      wrong,
    )
    await refusal(millrace.read(orders, { partitions: [2] }).next(), wrong)
    await refusal(millrace.read(orders, { from: { offsets: { 2: 0 } }, until: 'latest' }).next(), wrong)
    await refusal(
      millrace.consumer({ topics: [orders], group: 'g', assign: [{ topic: 'orders', partition: 2 }] }),
      wrong,
    )
    await refusal(millrace.deleteRecords({ topic: 'orders', partition: 2, offset: 0 }), wrong)
    expect(await valuesOf(millrace, orders)).toEqual([])
  })

  it('cannot be sought to: the message names what the consumer reads', async () => {
    const millrace = await open()
    const consumer = await millrace.consumer({
      topics: [orders],
      group: 'g',
      assign: [{ topic: 'orders', partition: 0 }],
    })
    const seek = async () => consumer.seek({ topic: 'orders', partition: 1, offset: 0 })
    await refusal(seek(), { code: 'unknown-partition', kind: 'refused', says: ['orders-1', 'orders-0'] })
  })
})

describe('topics that do not fit together', () => {
  it('are named with their partition counts when one pipeline reads them', async () => {
    const millrace = await open()
    const both = stream(orders, small)
    await refusal(millrace.run('joined', both), {
      code: 'invalid-partitions',
      kind: 'refused',
      says: ["pipeline 'joined'", "'orders' has 2", "'small' has 1", 'equal counts'],
    })
    expect(await millrace.groups('joined')).toEqual([])
    await millrace.grow(small, 2, { keysMayMove: true })
    await (await millrace.run('joined', both)).stop()
  })

  it('are named when a topic is there with another count', async () => {
    const millrace = await open()
    await refusal(millrace.create(topic('orders', { key: text, value: text, partitions: 3 })), {
      code: 'invalid-partitions',
      kind: 'refused',
      says: ["topic 'orders'", 'has 2', 'says 3', 'grow'],
    })
  })
})

describe('a record that is too large', () => {
  it('is named with its size, the limit and the setting, and nothing of the call is written', async () => {
    const millrace = await open()
    const large = 'x'.repeat(2_000)
    const tooLarge = {
      code: 'record-too-large',
      kind: 'refused',
      says: ['record 1', "'small'", '20\\d\\d', '1000', 'max.message.bytes'].map((s) => new RegExp(s)),
    }
    const call = [
      { key: 'k', value: 'half' },
      { key: 'k', value: large },
    ]
    await refusal(millrace.send(small, call), tooLarge)
    await refusal(
      millrace.transaction((tx) => tx.send(small, call)),
      tooLarge,
    )
    await millrace.send(small, [{ key: 'k', value: 'fits' }])
    expect(await valuesOf(millrace, small)).toEqual(['fits'])
    // the way out works
    await millrace.configure(small, { 'max.message.bytes': 10_000 })
    await millrace.send(small, [{ key: 'k', value: large }])
    expect(await valuesOf(millrace, small)).toEqual(['fits', large])
  })

  it('may have its size in its key, and both may be empty', async () => {
    const millrace = await open()
    const key = 'k'.repeat(500_000)
    await millrace.send(orders, [
      { key, value: '', partition: 0 },
      { key: '', value: '', partition: 0 },
      { key: null, value: null, partition: 0 },
    ])
    await refusal(millrace.send(orders, [{ key: key.repeat(3), value: null }]), {
      code: 'record-too-large',
      kind: 'refused',
      says: ["'orders'", '1500074 bytes', 'max.message.bytes is 1048588'],
    })
    const read: unknown[] = []
    for await (const r of millrace.read(orders, { until: 'latest' })) read.push([r.key?.length, r.value])
    expect(read).toEqual([
      [500_000, ''],
      [0, ''],
      [undefined, null],
    ])
  })

  it('goes through a pipeline with a giant key, an empty one, none, and a tombstone', async () => {
    const millrace = await open()
    const copies = topic('copies', { key: nullable(text), value: nullable(text), partitions: 2 })
    await millrace.create(copies)
    const keys = ['k'.repeat(500_000), '', null]
    await millrace.send(
      orders,
      keys.map((key) => ({ key, value: null, partition: 1 })),
    )
    for (const guarantee of ['exactly-once', 'at-least-once', 'at-most-once'] as const) {
      const copying = stream(orders).pipe(
        filterRecord(() => true),
        to(copies),
      )
      const running = await millrace.run(guarantee, copying, { guarantee, concurrency: 2 })
      await new Promise<void>((done) =>
        running.progress$.subscribe(({ lag, records }) => lag === 0 && records === 3 && done()),
      )
      await running.stop()
    }
    const read: unknown[] = []
    for await (const r of millrace.read(copies, { until: 'latest' })) read.push(r.key)
    expect(read.toSorted((a, b) => String(a).length - String(b).length)).toEqual([
      ...['', '', ''],
      ...[null, null, null],
      ...[keys[0], keys[0], keys[0]],
    ])
  })
})

describe('an address that is none', () => {
  it.each(['', './data', 'postgres://localhost/db', 'file:', 'file://data/orders', 'memory:orders', 'C:\\data'])(
    "'%s' is refused with the forms there are",
    async (url) => {
      await refusal(connect(url), {
        code: 'invalid-url',
        kind: 'refused',
        says: ['cannot connect to', url.replaceAll('\\', '\\\\'), 'file:./data', 'memory:'].map((s) => new RegExp(s)),
      })
    },
  )

  it('says that there is no engine for Kafka yet', async () => {
    await refusal(connect('kafka://localhost:9092'), {
      code: 'unsupported',
      kind: 'refused',
      says: ['kafka://localhost:9092', 'file:./data'],
    })
  })
})

describe('a setting that is none', () => {
  it('is refused: a durability that nobody knows would promise something else', async () => {
    const durability = 'strong' as 'power'
    await expect(connect('memory:', { durability })).rejects.toThrow(
      `durability is 'power' or 'process', and not "strong"`,
    )
  })

  it('is refused as the name of a group', async () => {
    const millrace = await open()
    await refusal(millrace.consumer({ topics: [orders], group: '' }), {
      code: 'invalid-name',
      kind: 'refused',
      says: ['group', "''", "group: 'audit'"],
    })
  })
})

describe('a connection that is closed', () => {
  it('says so to every call, and closing again is fine', async () => {
    const millrace = await open()
    await millrace.close()
    const closed = { code: 'closed', kind: 'fatal', says: ['memory:', 'is closed', /connect again|open another/] }
    await refusal(millrace.send(orders, [{ key: 'k', value: 'v' }]), closed)
    await refusal(
      millrace.transaction(async () => undefined),
      closed,
    )
    await refusal(millrace.run('p', stream(orders)), closed)
    await refusal((async () => millrace.read(orders).next())(), closed)
    await refusal(millrace.create(orders), closed)
    await refusal(millrace.describe(), closed)
    await refusal(millrace.groups(), closed)
    await refusal(millrace.committed('g'), closed)
    await refusal(millrace.consumer({ topics: [orders], group: 'g' }), closed)
    await millrace.close()
    await millrace.flush()
  })
})
