import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mapRecord, to } from '../../operators/index.ts'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { aloneBytes } from '../../src/batch/record-size.ts'
import { bytes, type CompressionName, connect, type Millrace, nullable, stream, text, topic } from '../../src/index.ts'

const input = topic('in', { key: text, value: text })

let millrace: Millrace
beforeEach(async () => {
  millrace = await connect('memory:')
  await millrace.create(input)
  await millrace.send(input, [{ key: 'k', value: 'v' }])
})
afterEach(() => millrace.close())

const arbitraryBytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' })
const arbitraryRecord = fc.record({
  key: fc.oneof(fc.constant(null), arbitraryBytes(200)),
  value: fc.oneof(fc.constant(null), arbitraryBytes(300)),
  headers: fc
    .array(fc.tuple(fc.string({ maxLength: 4, unit: 'binary' }), arbitraryBytes(3)), { maxLength: 150 })
    .map((entries) => new Map(entries)),
})

const read = async (name: string) => {
  const records: unknown[] = []
  const limited = topic(name, { key: nullable(bytes), value: nullable(bytes) })
  for await (const { key, value, headers } of millrace.read(limited, { until: 'latest' }))
    records.push([key && [...key], value && [...value], [...headers].map(([name, header]) => [name, [...header]])])
  return records
}

let topics = 0

describe('a record near max.message.bytes', () => {
  it('arrives whole, or is refused by name before anything is written: by send, transaction and pipeline alike', () =>
    fc.assert(
      fc.asyncProperty(
        arbitraryRecord,
        fc.integer({ min: -2, max: 2 }),
        fc.constantFrom<CompressionName>('none', 'gzip', 'lz4'),
        async ({ key, value, headers }, room, compression) => {
          const limit = aloneBytes(key, value, headers) + room
          const config = { 'max.message.bytes': limit, 'compression.type': compression }
          const limited = () => topic(`limited-${topics++}`, { key: nullable(bytes), value: nullable(bytes), config })
          const [sent, transacted, piped] = [limited(), limited(), limited()]
          await millrace.create(sent, transacted, piped)
          const record = { key, value, headers }
          const refused: boolean[] = []
          const noted = (error: { readonly code?: string }) => refused.push(error.code === 'record-too-large')
          await millrace.send(sent, [record]).catch(noted)
          await millrace.transaction((tx) => tx.send(transacted, [record])).catch(noted)
          const writes = stream(input).pipe(
            mapRecord((r) => ({ ...r, ...record })),
            to(piped),
          )
          const run = await millrace.run(`p-${piped.name}`, writes, { onError: 'skip' })
          run.errors$.subscribe((n) => '_tag' in n && refused.push(n.message.includes('OutputTooLarge')))
          await run.progress$.forEach((p) => {
            if (p.records === 1) void run.stop()
          })
          await run.done
          const whole = [
            key && [...key],
            value && [...value],
            [...headers].map(([name, header]) => [new TextDecoder().decode(Buffer.from(name)), [...header]]),
          ]
          expect(refused).toEqual(room < 0 ? [true, true, true] : [])
          for (const { name } of [sent, transacted, piped]) expect(await read(name)).toEqual(room < 0 ? [] : [whole])
        },
      ),
      { numRuns: 40 },
    ))

  it('takes in a batch of its own what was measured', () =>
    fc.assert(
      fc.property(arbitraryRecord, fc.nat(), ({ key, value, headers }, timestamp) => {
        const builder = new BatchBuilder({ compression: 'none' })
        builder.addFirst(key, value, headers, timestamp)
        expect(aloneBytes(key, value, headers)).toBe(builder.build().length)
      }),
    ))

  it('that was let in and does not fit is no silent loss', () => {
    const builder = new BatchBuilder({ compression: 'none', maxBytes: 70 })
    expect(() => builder.addFirst(null, new Uint8Array(100), new Map(), 0)).toThrow(/takes 170 bytes.*at most 70/)
  })
})
