import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  codec,
  connect,
  EncodeError,
  int32,
  type Millrace,
  MillraceError,
  nullable,
  text,
  topic,
} from '../../src/index.ts'

const lines = topic('lines', { key: nullable(text), value: text, partitions: 3 })
const numbers = topic('numbers', { key: text, value: int32, partitions: 2 })

const open: Millrace[] = []
const memory = async (send = {}) => {
  const millrace = await connect('memory:', { send })
  open.push(millrace)
  await millrace.create(lines, numbers)
  return millrace
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((millrace) => millrace.close()))
})

const contents = async (millrace: Millrace) => {
  const partitions: (string | null)[][][] = [[], [], []]
  for await (const r of millrace.read(lines, { until: 'latest' })) partitions[r.partition]?.push([r.key, r.value])
  return partitions
}

const refusal =
  (code: string, ...said: readonly string[]) =>
  (error: unknown) => {
    expect(error).toBeInstanceOf(MillraceError)
    expect(error).toMatchObject({ code })
    for (const words of said) expect((error as Error).message).toContain(words)
    return true
  }

describe('send', () => {
  it('keeps every record once, and the order of calls within a partition, whatever the sizes of batches and buffer', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', null), partition: fc.option(fc.nat(2)) }), {
            maxLength: 8,
          }),
          {
            maxLength: 12,
          },
        ),
        fc.integer({ min: 100, max: 2_000 }),
        fc.integer({ min: 50, max: 3_000 }),
        async (calls, batchBytes, bufferBytes) => {
          const millrace = await memory({ batchBytes, bufferBytes })
          let n = 0
          const sent = calls.map((call) =>
            call.map(({ key, partition }) => ({ key, value: `${n++}`, ...(partition === null ? {} : { partition }) })),
          )
          const receipts = await Promise.all(sent.map((call) => millrace.send(lines, call)))
          const found = await contents(millrace)
          const expected = found.map((records) => new Set(records.map(([, value]) => value)))
          // where the receipt says it is, there it is
          sent.forEach((call, c) =>
            call.forEach(({ value, partition }, index) => {
              const position = receipts[c]?.position(index)
              expect(found[position?.partition ?? -1]?.[position?.offset ?? -1]?.[1]).toBe(value)
              if (partition !== undefined) expect(position?.partition).toBe(partition)
            }),
          )
          expect(expected.reduce((total, set) => total + set.size, 0)).toBe(n)
          for (const records of found) {
            const values = records.map(([, value]) => Number(value))
            expect(values).toEqual(values.toSorted((a, b) => a - b))
          }
          const where = new Map<string, number>()
          sent.flat().forEach(({ key, partition }, index) => {
            if (key === null || partition !== undefined) return
            const at = found.findIndex((records) => records.some(([, value]) => value === `${index}`))
            expect(where.get(key) ?? at).toBe(at)
            where.set(key, at)
          })
        },
      ),
      { numRuns: 60 },
    ))

  it('writes all of a call or nothing of it, in order, and answers where, whichever calls are refused and why', () => {
    const wrong = { key: 'k', value: '\ud800' }
    const faults = [wrong, { ...wrong, value: '', partition: 7 }, { ...wrong, value: '', timestamp: 0.5 }]
    const aCall = fc.record({
      keys: fc.array(fc.constantFrom('a', 'b', 'né', null, 'k'.repeat(80)), { maxLength: 6 }),
      fault: fc.option(fc.constantFrom(...faults), { freq: 2 }),
      at: fc.nat(5),
    })
    return fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(aCall, { maxLength: 3 }), { maxLength: 6 }),
        fc.integer({ min: 100, max: 2_000 }),
        fc.integer({ min: 50, max: 3_000 }),
        async (waves, batchBytes, bufferBytes) => {
          const millrace = await memory({ batchBytes, bufferBytes })
          await millrace.send(lines, [])
          const sent: string[] = []
          for (const wave of waves) {
            const calls = wave.map(async ({ keys, fault, at }) => {
              const records = keys.map((key, index) => ({ key, value: `${sent.length + index}` }))
              if (fault === null) sent.push(...records.map(({ value }) => value))
              const broken = fault === null ? records : records.toSpliced(Math.min(at, records.length), 0, fault)
              const sending = millrace.send(lines, broken)
              if (fault !== null) return expect(sending).rejects.toThrow(`record ${broken.indexOf(fault)} `)
              const receipt = await sending
              const values = records.map(({ value }, index) => ({ value, at: receipt.position(index) }))
              const found = await contents(millrace)
              for (const one of values) expect(found[one.at.partition]?.[one.at.offset]?.[1]).toBe(one.value)
              return undefined
            })
            await Promise.all(calls)
          }
          const values = (await contents(millrace)).map((records) => records.map(([, value]) => Number(value)))
          expect(values.flat().toSorted((a, b) => a - b)).toEqual(sent.map(Number))
          for (const one of values) expect(one).toEqual(one.toSorted((a, b) => a - b))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('keeps calls apart where a codec sends something itself, and is refused then', async () => {
    const millrace = await memory()
    await millrace.send(lines, [])
    const inner: Promise<unknown>[] = []
    const outer = topic('lines', {
      key: nullable(text),
      value: codec<string>({
        encode: (value) => {
          inner.push(millrace.send(lines, [{ key: 'inner', value }]))
          if (value === 'bad') throw new Error('no')
          return new TextEncoder().encode(value)
        },
        decode: (bytes) => new TextDecoder().decode(bytes),
      }),
      partitions: 3,
    })
    const record = (value: string) => ({ key: 'a', value })
    await expect(millrace.send(outer, [record('1'), record('bad')])).rejects.toThrow(/record 1 /)
    await millrace.send(outer, [record('2'), record('3')])
    await Promise.all(inner)
    const found = (await contents(millrace)).flat()
    expect(found.filter(([key]) => key === 'a').map(([, value]) => value)).toEqual(['2', '3'])
    expect(found.filter(([key]) => key === 'inner').map(([, value]) => value)).toEqual(['1', 'bad', '2', '3'])
  })

  it('waits while the buffer is full, and flush waits for all of it', async () => {
    const millrace = await memory({ bufferBytes: 200, batchBytes: 100 })
    const sends = Array.from({ length: 50 }, (_, i) => millrace.send(lines, [{ key: 'k', value: `${i}`.padStart(80) }]))
    await Promise.all(sends)
    await millrace.flush()
    expect((await contents(millrace)).flat()).toHaveLength(50)
  })

  it('writes headers and time, and reads them back', async () => {
    const millrace = await memory()
    await millrace.send(lines, [{ key: 'k', value: 'v', timestamp: 1_234, headers: { trace: 'abc' } }])
    await millrace.send(lines, [{ key: 'k', value: 'v', timestamp: 1_234, headers: new Map([['trace', 'abc']]) }])
    for await (const r of millrace.read(lines, { until: 'latest' })) {
      expect(r.timestamp).toBe(1_234)
      expect(new TextDecoder().decode(r.headers.get('trace'))).toBe('abc')
    }
  })

  it('takes an empty call', async () => {
    const millrace = await memory()
    expect((await millrace.send(lines, [])).count).toBe(0)
  })

  it('refuses a whole call for one record that cannot be encoded, naming it', async () => {
    const millrace = await memory()
    const bad = millrace.send(numbers, [
      { key: 'a', value: 1 },
      { key: 'b', value: 2 ** 40 },
    ])
    await expect(bad).rejects.toBeInstanceOf(EncodeError)
    await expect(bad).rejects.toThrow(/record 1 .*'numbers'/)
    for await (const r of millrace.read(numbers, { until: 'latest' })) expect.fail(`found ${r.id}`)
  })

  it('refuses an unknown topic, a wrong partition, an oversized record and a time that is none, by name', async () => {
    const millrace = await memory()
    const nowhere = topic('nowhere', { key: text, value: text })
    await expect(millrace.send(nowhere, [{ key: 'a', value: 'b' }])).rejects.toSatisfy(
      refusal('unknown-topic', "'nowhere'", 'millrace.create'),
    )
    await expect(millrace.send(lines, [{ key: 'a', value: 'b', partition: 3 }])).rejects.toSatisfy(
      refusal('unknown-partition', 'partition 3', "'lines'", '0 to 2'),
    )
    await expect(millrace.send(lines, [{ key: 'a', value: 'x'.repeat(2_000_000) }])).rejects.toSatisfy(
      refusal('record-too-large', "'lines'", 'max.message.bytes'),
    )
    await expect(millrace.send(lines, [{ key: 'a', value: 'b', timestamp: 1.5 }])).rejects.toSatisfy(
      refusal('invalid-record', '1.5', "'lines'"),
    )
    expect((await contents(millrace)).flat()).toEqual([])
  })

  it('is refused after close', async () => {
    const millrace = await memory()
    await millrace.close()
    await expect(millrace.send(lines, [{ key: 'a', value: 'b' }])).rejects.toSatisfy(refusal('closed', 'memory:'))
  })
})

describe('transaction', () => {
  it('shows all of its records or none', async () => {
    const millrace = await memory()
    await millrace.transaction(async (tx) => {
      await tx.send(lines, [{ key: 'a', value: 'kept' }])
      await tx.send(numbers, [{ key: 'a', value: 1 }])
    })
    const given = millrace.transaction(async (tx) => {
      await tx.send(lines, [{ key: 'a', value: 'dropped' }])
      throw new Error('given up')
    })
    await expect(given).rejects.toThrow('given up')
    await millrace.transaction(async (tx) => tx.send(lines, [{ key: 'a', value: 'after' }]))
    expect((await contents(millrace)).flat().map(([, value]) => value)).toEqual(['kept', 'after'])
  })

  it('answers what the work answers, also with nothing sent, and many at once', async () => {
    const millrace = await memory()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        millrace.transaction(async (tx) => {
          if (i % 2 === 0) await tx.send(lines, [{ key: `${i}`, value: `${i}` }])
          return i
        }),
      ),
    )
    expect(answers).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect((await contents(millrace)).flat()).toHaveLength(4)
  })

  it('waits for sends that nobody awaits, and takes their failure for its own', async () => {
    const millrace = await memory()
    await millrace.transaction(async (tx) => {
      void tx.send(lines, [{ key: 'a', value: 'not awaited' }])
    })
    expect((await contents(millrace)).flat()).toEqual([['a', 'not awaited']])
    const failing = millrace.transaction(async (tx) => {
      await tx.send(lines, [{ key: 'a', value: 'dropped' }])
      void tx.send(topic('nowhere', { key: text, value: text }), [{ key: 'a', value: 'b' }])
    })
    await expect(failing).rejects.toSatisfy(refusal('unknown-topic', "'nowhere'"))
    expect((await contents(millrace)).flat()).toHaveLength(1)
  })

  it('refuses a send that comes after its end', async () => {
    const millrace = await memory()
    let late: (() => Promise<void>) | undefined
    await millrace.transaction(async (tx) => {
      late = () => tx.send(lines, [{ key: 'a', value: 'late' }])
    })
    await expect(late?.()).rejects.toSatisfy(refusal('invalid-transaction-state', "'lines'", 'await'))
  })
})
