import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Consumer, type ConsumerOptions, connect, type Millrace, text, topic } from '../../src/index.ts'
import { DrivenMillrace } from '../support/bad-input.ts'

const lines = topic('lines', { key: text, value: text, partitions: 2 })
let millrace: Millrace

beforeEach(async () => {
  millrace = await connect('memory:')
  await millrace.create(lines)
})
afterEach(() => millrace.close())

const send = (partition: number, ...values: readonly string[]) =>
  millrace.send(
    lines,
    values.map((value) => ({ key: value, value, partition })),
  )

/** Polls until it has so many. */
const poll = async (consumer: Consumer<string, string>, count: number) => {
  const values: string[] = []
  while (values.length < count) for (const record of await consumer.poll()) values.push(record.value)
  return values.toSorted()
}

describe('consumer', () => {
  it('goes on where its group committed', async () => {
    await send(0, 'a', 'b')
    const first = await millrace.consumer({ topics: [lines], group: 'g' })
    expect(await poll(first, 2)).toEqual(['a', 'b'])
    await first.commit()
    await send(1, 'c')
    expect(await poll(first, 1)).toEqual(['c'])
    await first.close()
    const second = await millrace.consumer({ topics: [lines], group: 'g' })
    expect(await poll(second, 1)).toEqual(['c'])
  })

  it('shares partitions with the others of its group, and hands over what it committed', async () => {
    await send(0, 'a')
    await send(1, 'b')
    const revoked: string[] = []
    const first = await millrace.consumer({
      topics: [lines],
      group: 'g',
      onRevoked: async (partitions) => {
        revoked.push(...partitions.map(({ partition }) => `${partition}`))
        await first.commit()
      },
    })
    expect(await poll(first, 2)).toEqual(['a', 'b'])
    const second = await millrace.consumer({ topics: [lines], group: 'g' })
    while (second.positions().length === 0) {
      await first.poll({ timeoutMs: 1 })
      await second.poll({ timeoutMs: 1 })
    }
    expect(revoked).toHaveLength(1)
    expect(first.positions()).toHaveLength(1)
    expect(second.positions().map((p) => p.offset)).toEqual([1])
  })

  it('reads assigned partitions without being a member; seeks, pauses and resumes', async () => {
    await send(0, 'a', 'b')
    await send(1, 'c')
    const consumer = await millrace.consumer({
      topics: [lines],
      group: 'g',
      assign: [0, 1].map((partition) => ({ topic: 'lines', partition })),
    })
    consumer.pause({ topic: 'lines', partition: 1 })
    expect(await poll(consumer, 2)).toEqual(['a', 'b'])
    consumer.resume({ topic: 'lines', partition: 1 })
    expect(await poll(consumer, 1)).toEqual(['c'])
    consumer.seek({ topic: 'lines', partition: 0, offset: 1 })
    expect(await poll(consumer, 1)).toEqual(['b'])
    await consumer.commit([{ topic: 'lines', partition: 0, offset: 1 }])
    expect(await millrace.committed('g')).toMatchObject([{ topic: 'lines', partition: 0, offset: 1 }])
    expect(() => consumer.seek({ topic: 'lines', partition: 5, offset: 0 })).toThrow('lines-5 is not assigned here')
  })

  it('under a lasting name comes back to its partitions, and takes none from the others meanwhile', async () => {
    const revoked: number[] = []
    const onRevoked = async () => void revoked.push(1)
    const named = (instanceId: string) => millrace.consumer({ topics: [lines], group: 'g', instanceId, onRevoked })
    const [first, other] = [await named('one'), await named('two')]
    while (first.positions().length !== 1 || other.positions().length !== 1)
      for (const consumer of [first, other]) await consumer.poll({ timeoutMs: 1 })
    const had = first.positions().map(({ partition }) => partition)
    revoked.length = 0
    await first.close()
    const again = await named('one')
    while (again.positions().length === 0) for (const consumer of [again, other]) await consumer.poll({ timeoutMs: 1 })
    expect(again.positions().map(({ partition }) => partition)).toEqual(had)
    expect(other.positions()).toHaveLength(1)
    expect(revoked).toEqual([])
  })

  it('commits its position with a transaction, or not at all', async () => {
    await send(0, 'a', 'b')
    const out = topic('out', { key: text, value: text })
    await millrace.create(out)
    const consumer = await millrace.consumer({ topics: [lines], group: 'g' })
    await poll(consumer, 2)
    const given = millrace.transaction(async (tx) => {
      await tx.commitPosition(consumer)
      throw new Error('given up')
    })
    await expect(given).rejects.toThrow('given up')
    expect((await millrace.committed('g')).filter((p) => p.offset > 0)).toEqual([])
    await millrace.transaction(async (tx) => {
      await tx.send(out, [{ key: 'k', value: 'v' }])
      await tx.commitPosition(consumer)
    })
    expect(await millrace.committed('g')).toContainEqual(expect.objectContaining({ partition: 0, offset: 2 }))
  })

  it('hands partitions over at the next poll where that could not be done at this one', async () => {
    await send(0, 'a')
    await send(1, 'b')
    const calls: number[] = []
    const first = await millrace.consumer({
      topics: [lines],
      group: 'g',
      onRevoked: async (partitions) => {
        calls.push(partitions.length)
        if (calls.length === 1) throw new Error('the database is away')
        await first.commit()
      },
    })
    expect(await poll(first, 2)).toEqual(['a', 'b'])
    const second = await millrace.consumer({ topics: [lines], group: 'g' })
    const rejections: unknown[] = []
    while (second.positions().length === 0) {
      await first.poll({ timeoutMs: 1 }).catch((error: unknown) => rejections.push(error))
      await second.poll({ timeoutMs: 1 })
    }
    expect({ calls, rejections }).toEqual({ calls: [1, 1], rejections: [new Error('the database is away')] })
    expect(second.positions().map((p) => p.offset)).toEqual([1])
  })

  it('is refused when closed', async () => {
    const consumer = await millrace.consumer({ topics: [lines], group: 'g' })
    await consumer.close()
    await consumer.close()
    await expect(consumer.poll()).rejects.toThrow("group 'g' is closed")
  })
})

describe('a consumer that has lost partitions since it was polled, and has them back', () => {
  /** `stalled` has handed out one record of each partition; another has done two of `taken`, and has left. */
  const story = async (more: Partial<ConsumerOptions<string, string>> = {}) => {
    const driven = await DrivenMillrace.open()
    const { millrace } = driven
    await driven.while(millrace.create(lines))
    const sendToEach = (value: string) => {
      const records = [0, 1].map((partition) => ({ key: value, value, partition }))
      return driven.while(millrace.send(lines, records))
    }
    const committed = async (partition: number) =>
      (await driven.while(millrace.committed('g'))).find((position) => position.partition === partition)?.offset ?? 0
    const options = { topics: [lines], group: 'g', rebalanceTimeoutMs: 1_000 }
    await sendToEach('a')
    const stalled = await driven.while(millrace.consumer({ ...options, ...more }))
    while (stalled.positions().reduce((sum, { offset }) => sum + offset, 0) < 2) await driven.while(stalled.poll())
    const other = await driven.while(millrace.consumer(options))
    await sendToEach('b')
    while ((other.positions()[0]?.offset ?? 0) < 2) await driven.while(other.poll())
    const taken = other.positions()[0]?.partition as number
    await driven.while(other.commit())
    await driven.while(other.close())
    await driven.clock.advance(10_000)
    return { driven, stalled, taken, committed }
  }

  it('does not commit what it was polled before', async () => {
    const { driven, stalled, taken, committed } = await story()
    await expect(driven.while(stalled.commit())).rejects.toMatchObject({ code: 'illegal-generation' })
    expect(await committed(taken)).toBe(2)
  })

  it('does not commit it with a transaction', async () => {
    const { driven, stalled, taken, committed } = await story()
    const given = driven.while(driven.millrace.transaction((tx) => tx.commitPosition(stalled)))
    await expect(given).rejects.toMatchObject({ code: 'illegal-generation' })
    expect(await committed(taken)).toBe(2)
  })

  it('is not asked to commit what it has lost, so that its next poll goes on', async () => {
    let calls = 0
    const { driven, stalled } = await story({
      onRevoked: async () => {
        calls++
        throw new Error('nothing can be committed any more')
      },
    })
    const values: string[] = []
    while (values.length === 0) for (const record of await driven.while(stalled.poll())) values.push(record.value)
    expect({ calls, values }).toEqual({ calls: 0, values: ['b'] })
  })

  it('goes on with the next poll where the other has come to', async () => {
    const { driven, stalled, taken, committed } = await story()
    const values: string[] = []
    while (values.length === 0) for (const record of await driven.while(stalled.poll())) values.push(record.value)
    expect(values).toEqual(['b'])
    expect(stalled.positions()).toContainEqual({ topic: 'lines', partition: taken, offset: 2 })
    await driven.while(stalled.commit())
    expect(await committed(1 - taken)).toBe(2)
  })
})
