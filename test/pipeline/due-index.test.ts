import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DueIndex } from '../../src/pipeline/due-index.ts'

interface Waits {
  readonly due: number
  readonly offset: number
}

/** The same, kept as a list. */
class Listed {
  #waiting: readonly Waits[] = []

  get nextDue(): number | undefined {
    return this.#next()?.due
  }

  get lowest(): number | undefined {
    return this.#waiting.length === 0 ? undefined : Math.min(...this.#waiting.map(({ offset }) => offset))
  }

  add(due: number, offset: number): void {
    this.#waiting = [...this.#waiting, { due, offset }]
  }

  take(): number {
    const next = this.#next() as Waits
    this.#waiting = this.#waiting.filter((one) => one !== next)
    return next.offset
  }

  get size(): number {
    return this.#waiting.length
  }

  #next(): Waits | undefined {
    return this.#waiting.toSorted((a, b) => a.due - b.due || a.offset - b.offset)[0]
  }
}

/** A time adds a record that is due then, further up in the log by the other number; nothing takes one out. */
const steps = fc.array(fc.option(fc.record({ due: fc.nat(20), further: fc.integer({ min: 1, max: 3 }) })), {
  maxLength: 400,
  size: 'max',
})

describe('an index of what waits', () => {
  it('answers what a sorted list does, whatever comes and goes', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const index = new DueIndex()
        const model = new Listed()
        let offset = 0
        for (const step of list) {
          if (step !== null) {
            offset += step.further
            index.add(step.due, offset)
            model.add(step.due, offset)
          } else if (model.size > 0) expect(index.take()).toBe(model.take())
          expect([index.size, index.nextDue, index.lowest]).toEqual([model.size, model.nextDue, model.lowest])
        }
      }),
    )
  })

  it('keeps its place small where the lowest leaves as others come', () => {
    const index = new DueIndex()
    for (let offset = 0; offset < 100_000; offset++) {
      index.add(offset, offset)
      if (offset >= 10) expect(index.take()).toBe(offset - 10)
    }
    expect(index.size).toBe(10)
    expect(index.lowest).toBe(99_990)
  })
})
