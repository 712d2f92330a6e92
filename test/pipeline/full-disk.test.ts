import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { type Guarantee, int32, store, stream, text, topic } from '../../src/index.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { DrivenMillrace, failOnUnheardErrors } from '../support/bad-input.ts'
import { fullStorage } from '../support/full-storage.ts'

failOnUnheardErrors()

const input = topic('in', { key: text, value: int32 })
const sums = topic('sums', { key: text, value: int32 })
const total = store('total', { key: text, value: int32 })

/** Lets records through only while it is open. */
class Gate {
  #isOpen = false
  readonly #waiting: (() => void)[] = []

  readonly pass = (): Promise<void> =>
    this.#isOpen ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))

  set(isOpen: boolean): void {
    this.#isOpen = isOpen
    if (isOpen) for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

const summing = (gate: Gate) =>
  stream(input).pipe(
    mapAsync((value) => gate.pass().then(() => value)),
    scanByKey(total, 0, (sum, value) => sum + value),
    to(sums),
  )

/** Some records are sent, then for some time there is only so much room. */
const spell = fc.record({
  sent: fc.integer({ min: 1, max: 4 }),
  room: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 })),
  /** How many turns of the loop after the records went through. */
  after: fc.integer({ min: 0, max: 5 }),
  forMs: fc.integer({ min: 0, max: 5_000 }),
})

const valuesOf = async (w: DrivenMillrace): Promise<number[]> => {
  const values: number[] = []
  const read = async () => {
    for await (const { value } of w.millrace.read(sums, { until: 'latest' })) values.push(value)
  }
  await w.while(read())
  return values
}

describe.each(['power', 'process'] as const)('a disk that is full for a while (%s)', (durability) => {
  it.each(['exactly-once', 'at-least-once', 'at-most-once'] as const)(
    'neither loses nor doubles what %s does not let a crash lose or double',
    (guarantee: Guarantee) =>
      fc.assert(
        fc.asyncProperty(fc.array(spell, { minLength: 1, maxLength: 4 }), async (spells) => {
          const storage = fullStorage(memoryStorage())
          const w = await DrivenMillrace.open({ storage, durability })
          await w.while(w.millrace.create(input, sums))
          const gate = new Gate()
          const running = await w.while(w.millrace.run('summing', summing(gate), { guarantee }))
          let sent = 0
          for (const { sent: count, room, after, forMs } of spells) {
            const records = Array.from({ length: count }, () => ({ key: 'k', value: 1 }))
            await w.while(w.millrace.send(input, records))
            sent += count
            await w.clock.advance(100)
            gate.set(true)
            for (let turn = 0; turn < after; turn++) await new Promise((next) => setImmediate(next))
            storage.room = room
            await w.clock.advance(forMs)
            storage.room = Number.POSITIVE_INFINITY
            gate.set(false)
          }
          gate.set(true)
          await w.caughtUp(running)
          await w.while(running.stop())
          const expected = Array.from({ length: sent }, (_, n) => n + 1)
          const values = await valuesOf(w)
          if (guarantee === 'at-least-once') expect([...new Set(values)]).toEqual(expected)
          else expect(values).toEqual(expected)
          await w.while(w.millrace.close())
        }),
        { numRuns: 20 },
      ),
  )
})
