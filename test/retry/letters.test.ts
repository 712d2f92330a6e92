import { describe, expect, it, onTestFinished } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { tapEach } from '../../operators/tap-each.ts'
import { redrivenTopic } from '../../src/codec/redrive.ts'
import {
  connect,
  deadLetter,
  deadLetterKey,
  deadLetters,
  type Letter,
  type Millrace,
  retryLater,
  stream,
  text,
  topic,
} from '../../src/index.ts'

const orders = topic('orders', { key: text, value: text, partitions: 2 })
const dead = deadLetters('charge.dead')

/** A pipeline that gives up all that it reads. */
const refusing = stream(orders).pipe(
  mapValue((value: string): string => {
    throw new TypeError(`${value} is refused`)
  }),
)

const withOrders = async (...values: readonly string[]): Promise<Millrace> => {
  const millrace = await connect('memory:')
  onTestFinished(() => millrace.close())
  await millrace.create(orders, dead)
  await millrace.send(
    orders,
    values.map((value) => ({ key: value[0] ?? '', value })),
  )
  return millrace
}

const giveUp = async (millrace: Millrace): Promise<void> => {
  const running = await millrace.run('charge', refusing, { onError: deadLetter(dead), outageAfter: 1_000 })
  await running.caughtUp()
  await running.stop()
}

const listed = async (letters: AsyncIterable<Letter>): Promise<readonly Letter[]> => {
  const all: Letter[] = []
  for await (const one of letters) all.push(one)
  return all
}

const readBack = async (millrace: Millrace) => {
  const records: { readonly value: string; readonly headers: Readonly<Record<string, string>> }[] = []
  for await (const { value, headers } of millrace.read(orders, { until: 'latest' }))
    records.push({
      value,
      headers: Object.fromEntries(Array.from(headers, ([name, bytes]) => [name, new TextDecoder().decode(bytes)])),
    })
  return records
}

describe('dead letters', () => {
  it('are listed with what a filter asks for, and say which were redriven', async () => {
    const millrace = await withOrders('a1', 'b1', 'a2')
    await giveUp(millrace)
    const letters = millrace.deadLetters(dead)
    expect(await listed(letters.list())).toHaveLength(3)
    expect(await listed(letters.list({ error: 'RangeError' }))).toEqual([])
    const ofA = await listed(letters.list({ key: 'a' }))
    expect(ofA.map(({ letter }) => letter.reason)).toEqual(['TypeError: a1 is refused', 'TypeError: a2 is refused'])
    const [first] = ofA
    await letters.redrive({ by: 'ann', to: 'origin', letters: [first?.id ?? ''] })
    expect((await listed(letters.list())).filter(({ isMoved }) => isMoved)).toEqual([{ ...first, isMoved: true }])
  })

  it('go back with a count, which the letter made of it again keeps, up to a limit', async () => {
    const millrace = await withOrders('a1')
    const letters = millrace.deadLetters(dead)
    const outcomes = []
    for (let round = 0; round < 4; round++) {
      await giveUp(millrace)
      const { moved, movedBefore, pastLimit } = await letters.redrive({ by: 'ann', to: 'origin', maxRedrives: 3 })
      outcomes.push([moved, movedBefore, pastLimit])
    }
    expect(outcomes).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [1, 2, 0],
      [0, 3, 1],
    ])
    const [first] = await listed(letters.list())
    const origin = `orders-${first?.letter.source.partition}-0`
    expect(await readBack(millrace)).toEqual([
      { value: 'a1', headers: {} },
      ...[1, 2, 3].map((count) => ({
        value: 'a1',
        headers: { 'millrace.redriven': String(count), 'millrace.origin': origin },
      })),
    ])
  })

  it('go to their pipeline alone, as the records that they were, where it has retry topics', async () => {
    const millrace = await withOrders('a1', 'b1')
    const onError = retryLater({ tiers: ['1ms'], exhausted: deadLetter(dead) })
    const failing = await millrace.run('charge', refusing, { onError })
    failing.errors$.subscribe()
    while ((await listed(millrace.deadLetters(dead).list())).length < 2) await new Promise((next) => setImmediate(next))
    await failing.stop()
    const before = await readBack(millrace)
    expect(await millrace.deadLetters(dead).redrive({ by: 'ann' })).toMatchObject({
      moved: 2,
      to: [{ topic: 'charge--retry-now', records: 2 }],
    })
    expect(await readBack(millrace)).toEqual(before)
    const seen: { readonly id: string; readonly value: string; readonly redriven: number }[] = []
    const both = new Promise<void>((resolve) => {
      const working = stream(orders).pipe(
        tapEach(({ id, value, headers }) => {
          seen.push({ id, value, redriven: Number(new TextDecoder().decode(headers.get('millrace.redriven'))) })
          if (seen.length === 2) resolve()
        }),
      )
      void millrace.run('charge', working, { onError })
    })
    await both
    const letters = await listed(millrace.deadLetters(dead).list())
    const ids = letters.map(({ letter: { source } }) => `orders-${source.partition}-${source.offset}`)
    expect(seen.map(({ id }) => id).sort()).toEqual([...ids].sort())
    expect(seen.map(({ redriven }) => redriven)).toEqual([1, 1])
  })

  it('go back in the order of their key, which was given up as a whole, and what comes later runs behind them', async () => {
    const millrace = await withOrders('a1', 'a2', 'a3')
    const onError = retryLater({ tiers: ['1ms'], ordered: true, exhausted: deadLetterKey(dead) })
    const failing = await millrace.run('charge', refusing, { onError })
    failing.errors$.subscribe()
    while ((await listed(millrace.deadLetters(dead).list())).length < 3) await new Promise((next) => setImmediate(next))
    await failing.stop()
    expect(await millrace.deadLetters(dead).redrive({ by: 'ann', key: 'a' })).toMatchObject({ moved: 3 })
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      const working = stream(orders).pipe(
        tapEach(({ value }) => {
          seen.push(value)
          if (seen.length === 3) void millrace.send(orders, [{ key: 'a', value: 'a4' }])
          if (value === 'a4') resolve()
        }),
      )
      void millrace.run('charge', working, { onError })
    })
    expect(seen).toEqual(['a1', 'a2', 'a3', 'a4'])
  })

  it('are noted where they moved: by whom, where to, and when', async () => {
    const millrace = await withOrders('a1')
    await giveUp(millrace)
    const { to, isInterrupted } = await millrace.deadLetters(dead).redrive({ by: 'ann', to: 'origin', rate: '100/s' })
    expect({ to, isInterrupted }).toEqual({ to: [{ topic: 'orders', records: 1 }], isInterrupted: false })
    for await (const { key, value } of millrace.read(redrivenTopic(dead.name), { until: 'latest' })) {
      expect(key).toBe('charge.dead-0-0')
      expect(value).toMatchObject({ pipeline: 'charge', to: { topic: 'orders' }, redriven: 1, by: 'ann' })
    }
  })

  it('of a topic that was made anew are not those that moved', async () => {
    const millrace = await withOrders('a1')
    const letters = millrace.deadLetters(dead)
    await giveUp(millrace)
    await letters.redrive({ by: 'ann', to: 'origin' })
    await millrace.delete(dead)
    await millrace.create(dead)
    await giveUp(millrace)
    expect(await letters.redrive({ by: 'ann', to: 'origin' })).toMatchObject({ moved: 1, movedBefore: 0 })
  })

  it('that can go nowhere stay, and why is told', async () => {
    const millrace = await withOrders('a1')
    await giveUp(millrace)
    const letters = millrace.deadLetters(dead)
    expect(await letters.redrive({ by: 'ann' })).toMatchObject({
      moved: 0,
      stuck: [{ why: expect.stringContaining("pipeline 'charge' has no retry topics"), letters: 1 }],
    })
    await millrace.delete(orders)
    expect(await letters.redrive({ by: 'ann', to: 'origin' })).toMatchObject({
      moved: 0,
      stuck: [{ why: "there is no topic 'orders' any more", letters: 1 }],
    })
  })

  it('end where they are told to, and the next redrive goes on', async () => {
    const millrace = await withOrders('a1', 'a2', 'a3')
    await giveUp(millrace)
    const letters = millrace.deadLetters(dead)
    const ended = new AbortController()
    const options = { by: 'ann', to: 'origin' } as const
    const slow = { rate: '1/h', signal: ended.signal, onMoved: () => ended.abort() } as const
    expect(await letters.redrive({ ...options, ...slow })).toMatchObject({ moved: 1, isInterrupted: true })
    expect(await letters.redrive({ ...options, max: 1 })).toMatchObject({ moved: 1, movedBefore: 1, left: 1 })
    expect(await letters.redrive(options)).toMatchObject({ moved: 1, movedBefore: 2, left: 0 })
    expect((await readBack(millrace)).map(({ value }) => value)).toEqual(['a1', 'a2', 'a3', 'a1', 'a2', 'a3'])
  })

  it.each([
    [{}, 'say by'],
    [{ by: 'ann', too: 'origin' }, 'did you mean to?'],
    [{ by: 'ann', to: 'source' }, "one of 'lane', 'origin'"],
    [{ by: 'ann', rate: '10' }, '2000/s'],
    [{ by: 'ann', max: 0 }, 'at least 1'],
    [{ by: 'ann', letters: 'a' }, 'a list of ids'],
  ])('are not redriven by %j', async (options, says) => {
    const millrace = await withOrders()
    await expect(millrace.deadLetters(dead).redrive(options as never)).rejects.toThrow(says)
  })
})
