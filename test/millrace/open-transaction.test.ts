import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { codec, connect, type Millrace, nullable, text, topic } from '../../src/index.ts'

const lines = topic('lines', { key: nullable(text), value: text, partitions: 3 })

const open: Millrace[] = []
const memory = async () => {
  const millrace = await connect('memory:')
  open.push(millrace)
  await millrace.create(lines)
  return millrace
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((millrace) => millrace.close()))
})

/** The values of each partition, in their order. */
const contents = async (millrace: Millrace): Promise<string[][]> => {
  const partitions: string[][] = [[], [], []]
  for await (const { partition, value } of millrace.read(lines, { until: 'latest' })) partitions[partition]?.push(value)
  return partitions
}

describe('the sends of a transaction', () => {
  it('write all of a call or nothing of it, in order, whichever are refused and whoever waits for them', () => {
    const wrong = { key: 'k', value: '\ud800' }
    const faults = [wrong, { ...wrong, value: '', partition: 7 }, { ...wrong, value: '', timestamp: 0.5 }]
    const aCall = fc.record({
      keys: fc.array(fc.constantFrom('a', 'b', 'né', null, 'k'.repeat(80)), { maxLength: 4 }),
      fault: fc.option(fc.constantFrom(...faults), { freq: 2 }),
      at: fc.nat(4),
      // what fills a batch goes to the engine before the transaction ends
      padding: fc.constantFrom(0, 0, 0, 60_000),
    })
    return fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ waves: fc.array(fc.array(aCall, { maxLength: 3 }), { maxLength: 4 }), commits: fc.boolean() }),
          {
            maxLength: 4,
          },
        ),
        fc.boolean(),
        async (transactions, isKnown) => {
          const millrace = await memory()
          if (isKnown) await millrace.send(lines, [])
          const kept: number[] = []
          let next = 0
          for (const { waves, commits } of transactions) {
            const sent: number[] = []
            const running = millrace.transaction(async (tx) => {
              for (const wave of waves)
                await Promise.all(
                  wave.map(({ keys, fault, at, padding }) => {
                    const numbers = keys.map(() => next++)
                    const records = keys.map((key, index) => ({
                      key,
                      value: `${numbers[index]}${' '.repeat(padding)}`,
                    }))
                    if (fault === null) sent.push(...numbers)
                    const broken = fault === null ? records : records.toSpliced(Math.min(at, records.length), 0, fault)
                    const sending = tx.send(lines, broken)
                    return fault === null
                      ? sending
                      : expect(sending).rejects.toThrow(`record ${broken.indexOf(fault)} `)
                  }),
                )
              if (!commits) throw new Error('given up')
            })
            if (commits) {
              await running
              kept.push(...sent)
            } else await expect(running).rejects.toThrow('given up')
          }
          const values = (await contents(millrace)).map((of) => of.map(Number))
          expect(values.flat().toSorted((a, b) => a - b)).toEqual(kept)
          for (const one of values) expect(one).toEqual(one.toSorted((a, b) => a - b))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('are kept apart where a codec sends something itself, and is refused then', async () => {
    const millrace = await memory()
    await millrace.send(lines, [])
    await millrace.transaction(async (tx) => {
      const inner: Promise<unknown>[] = []
      const outer = topic('lines', {
        key: nullable(text),
        value: codec<string>({
          encode: (value) => {
            inner.push(tx.send(lines, [{ key: 'a', value: `inner ${value}` }]))
            if (value === 'bad') throw new Error('no')
            return new TextEncoder().encode(value)
          },
          decode: (bytes) => new TextDecoder().decode(bytes),
        }),
        partitions: 3,
      })
      const record = (value: string) => ({ key: 'a', value })
      await expect(tx.send(outer, [record('1'), record('bad')])).rejects.toThrow(/record 1 /)
      await Promise.all(inner)
      await tx.send(outer, [record('2'), record('3')])
      await Promise.all(inner)
    })
    expect((await contents(millrace)).flat()).toEqual(['inner 1', 'inner bad', 'inner 2', 'inner 3', '2', '3'])
  })
})
