import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyText } from '../../src/contracts/state-store.ts'
import { Slabs } from '../../src/store/slabs.ts'

const length = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 60 }) },
  { weight: 1, arbitrary: fc.constantFrom(3_000, 200_000, 1_500_000) },
)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ _tag: fc.constant('add' as const), key: fc.integer({ min: 0, max: 9 }), length }),
  },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant('remove' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant('replace' as const), which: fc.nat(), length }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant('evacuate' as const) }) },
)

const filled = (bytes: number, by: number) => new Uint8Array(bytes).fill(by)

describe('slabs', () => {
  it('keep what lies in them, whatever is removed and moved, and know how much that is', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const slabs = new Slabs()
        const blocks = new Map<number, { key: Uint8Array; value: Uint8Array }>()
        const nth = (which: number) => [...blocks][which % blocks.size]
        for (const [at, one] of steps.entries()) {
          if (one._tag === 'add') {
            const block = { key: filled(one.key, at), value: filled(one.length, at + 1) }
            const address = slabs.add(block.key, block.value)
            expect(blocks.has(address)).toBe(false)
            blocks.set(address, block)
          } else if (one._tag === 'evacuate') {
            const held = slabs.heldBytes
            const dead = slabs.deadBytes
            slabs.evacuate((from, to) => {
              blocks.set(to, blocks.get(from) as { key: Uint8Array; value: Uint8Array })
              blocks.delete(from)
            })
            if (dead === 0) expect(slabs.heldBytes).toBe(held)
            else expect(slabs.deadBytes).toBeLessThan(dead)
          } else {
            const [address, block] = nth(one.which) ?? []
            if (address === undefined || block === undefined) continue
            if (one._tag === 'remove') {
              slabs.remove(address)
              blocks.delete(address)
            } else {
              const value = filled(one.length, at + 2)
              if (slabs.replace(address, value)) block.value = value
            }
          }
          let live = 0
          for (const [address, { key, value }] of blocks) {
            expect(slabs.isKey(address, key)).toBe(true)
            expect(Buffer.compare(slabs.value(address), value)).toBe(0)
            expect(keyText(slabs.key(address))).toBe(keyText(key))
            expect(slabs.contentBytes(address)).toBe(key.length + value.length)
            live += Math.ceil((8 + key.length + value.length) / 8) * 8
          }
          expect(slabs.liveBytes).toBe(live)
          expect(slabs.liveBytes + slabs.deadBytes).toBeLessThanOrEqual(slabs.heldBytes)
        }
      }),
      { numRuns: 60 },
    ))
})
