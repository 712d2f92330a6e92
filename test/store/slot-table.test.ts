import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashEnd, SlotTable } from '../../src/store/slot-table.ts'

/** Hashes that lie close together, at the beginning, at the end, and where the sign changes. */
const hash = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: -40, max: -1 }),
  fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 2 ** 28, 2 ** 29),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
)
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ hash, isRemoval: fc.constant(false) }) },
  { weight: 1, arbitrary: fc.record({ hash, isRemoval: fc.constant(true) }) },
)
const noKey = new Uint8Array()

/** Blocks are numbered by their hashes, which are the only ones of theirs. */
const placed = (steps: readonly { readonly hash: number; readonly isRemoval: boolean }[], spread = 1) => {
  const table = new SlotTable(spread)
  const model = new Map<number, number>()
  const addresses = new Map<number, number>()
  const slotOf = (one: number) => table.find(noKey, one, { isKey: (address) => addresses.get(one) === address })
  for (const [at, { hash: one, isRemoval }] of steps.entries()) {
    const slot = slotOf(one)
    expect(slot >= 0).toBe(model.has(one))
    if (isRemoval && slot >= 0) {
      table.remove(slot)
      model.delete(one)
      table.shrink()
    } else if (!isRemoval && slot < 0) {
      addresses.set(one, at)
      table.insert(one, at, at % 3)
      model.set(one, at)
    }
  }
  return { table, model, slotOf }
}

describe('a table of slots', () => {
  it('finds what is in it and nothing else, with what was said of it', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.constantFrom(1, 0x9e3779b1), (steps, spread) => {
        const { table, model, slotOf } = placed(steps, spread)
        expect(table.count).toBe(model.size)
        for (const [one, address] of model) {
          const slot = slotOf(one)
          expect([table.address(slot), table.expiresAt(slot)]).toEqual([address, address % 3])
        }
      }),
      { numRuns: 300 },
    ))

  it('is walked once around, however wide the steps, and though it grows and shrinks between them', () =>
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(hash, { maxLength: 100 }),
        fc.constantFrom(1, 0x9e3779b1),
        (steps, slots, more, spread) => {
          const { table, model } = placed(steps, spread)
          const seen: number[] = []
          let from = 0
          for (let round = 0; from < hashEnd; round++) {
            from = table.walk(from, slots, (slot) => seen.push(table.address(slot)))
            if (round === 0) for (const [at, one] of more.entries()) table.insert(one, 1_000 + at, 0)
          }
          const known = seen.filter((address) => address < 1_000)
          expect(known.sort((a, b) => a - b)).toEqual([...model.values()].sort((a, b) => a - b))
        },
      ),
      { numRuns: 300 },
    ))

  /** Homes in a table of 1,024: where stretches meet, and where the table ends. */
  const atTheEdge = fc
    .tuple(fc.constantFrom(255, 256, 511, 512, 1_023, 0, 1), fc.integer({ min: 0, max: 40 }))
    .map(([home, low]) => (home * 2 ** 22 + low) | 0)

  /** A table of 1,024 slots, and when each of its hashes expires: that of fillers never. */
  const expiring = (edges: readonly (readonly [number, number])[]) => {
    const table = new SlotTable()
    const expiries = new Map<number, number>()
    table.reserve(700)
    for (let at = 0; at < 500; at++) table.insert((at * 2 ** 23 + 100) | 0, 1_000 + at, 0)
    for (const [one, expiresAt] of edges) {
      if (expiries.has(one)) continue
      table.insert(one, expiries.size, expiresAt)
      expiries.set(one, expiresAt)
    }
    return { table, expiries: [...expiries.values()] }
  }

  it('finds all that has expired, though some lie in the stretch behind their own, and goes on where it ended', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(atTheEdge, fc.integer({ min: 1, max: 9 })), { maxLength: 120 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 50 }),
        (edges, now, limit) => {
          const { table, expiries } = expiring(edges)
          const found = new Set<number>()
          for (let looks = 0; looks < 12; looks++) {
            let some = 0
            table.expired(
              now,
              () => some >= limit,
              (slot) => {
                some += 1
                found.add(table.address(slot))
              },
            )
          }
          const expected = expiries.flatMap((expiresAt, address) => (expiresAt <= now ? [address] : []))
          expect([...found].sort((a, b) => a - b)).toEqual(expected)
        },
      ),
      { numRuns: 200 },
    ))

  it('looks at what expires and passes the rest by: each that was set costs one look at its stretch', () => {
    const table = new SlotTable(0x9e3779b1)
    const total = 50_000
    for (let one = 0; one < total; one++) table.insert(one, one, 1_000 + one)
    let walks = 0
    const walk = table.walk.bind(table)
    table.walk = (from, slots, visit) => {
      walks += 1
      return walk(from, slots, visit)
    }
    let slots: number[] = []
    for (let now = 0; now < 1_000; now++)
      table.expired(
        now,
        () => false,
        (slot) => slots.push(slot),
      )
    expect([walks, slots.length]).toEqual([0, 0])
    for (let now = 1_000; now < 1_200; now++) {
      slots = []
      table.expired(
        now,
        () => false,
        (slot) => slots.push(slot),
      )
      expect(slots.map((slot) => table.address(slot))).toEqual([now - 1_000])
      table.remove(slots[0] as number)
    }
    // one that finds it, and one more once it is gone
    expect(walks).toBeLessThanOrEqual(2 * 200)
  })
})
