import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AbortedTransaction, UnstableTransactions } from '../../../src/protocol/broker/stable-offset.ts'
import { type BatchFields, readCommitted } from '../../../src/protocol/client/read-committed.ts'

interface Batch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly producerId: number
  readonly transactional: boolean
  readonly control?: 'commit' | 'abort' | 'other'
}

const fields: BatchFields<Batch> = {
  lastOffset: (b) => b.lastOffset,
  producerId: (b) => b.producerId,
  isTransactional: (b) => b.transactional,
  isControl: (b) => b.control !== undefined,
  isAbort: (b) => b.control === 'abort',
}

type Step =
  | { readonly _tag: 'data'; readonly producerId: number; readonly count: number }
  | { readonly _tag: 'plain'; readonly count: number }
  | { readonly _tag: 'end'; readonly producerId: number; readonly control: 'commit' | 'abort' | 'other' }

const producerId = fc.integer({ min: 0, max: 3 })
const count = fc.integer({ min: 1, max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant('data' as const), producerId, count }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant('plain' as const), count }) },
  {
    weight: 3,
    arbitrary: fc.record({
      _tag: fc.constant('end' as const),
      producerId,
      control: fc.constantFrom('commit' as const, 'abort' as const, 'abort' as const, 'other' as const),
    }),
  },
)

interface History {
  readonly batches: readonly Batch[]
  readonly index: readonly AbortedTransaction[]
  readonly lastStableOffset: number
}

const history = fc.array(step, { maxLength: 60, size: 'max' }).map((steps): History => {
  const batches: Batch[] = []
  const index: AbortedTransaction[] = []
  const unstable = new UnstableTransactions()
  const open = new Set<number>()
  let at = 0
  const add = (batch: Omit<Batch, 'baseOffset' | 'lastOffset'>, records: number) => {
    batches.push({ ...batch, baseOffset: at, lastOffset: at + records - 1 })
    at += records
  }
  for (const s of steps) {
    if (s._tag === 'plain') add({ producerId: -1, transactional: false }, s.count)
    else if (s._tag === 'data') {
      if (!open.has(s.producerId)) unstable.begin(s.producerId, at)
      open.add(s.producerId)
      add({ producerId: s.producerId, transactional: true }, s.count)
    } else {
      if (s.control !== 'other') {
        const aborted = unstable.end(s.producerId, { markerOffset: at, commit: s.control === 'commit' })
        if (aborted !== undefined) index.push(aborted)
        open.delete(s.producerId)
      }
      add({ producerId: s.producerId, transactional: true, control: s.control }, 1)
    }
  }
  unstable.advance(at)
  return { batches, index, lastStableOffset: unstable.lastStableOffset({ startOffset: 0, highWatermark: at }) }
})

/** By definition: a batch is seen if the next marker of its producer is a COMMIT. */
const visible = ({ batches, lastStableOffset }: History): Batch[] =>
  batches.filter((batch, at) => {
    if (batch.control !== undefined || batch.lastOffset >= lastStableOffset) return false
    const decides = (b: Batch) => b.producerId === batch.producerId && (b.control === 'commit' || b.control === 'abort')
    return !batch.transactional || batches.slice(at).find(decides)?.control === 'commit'
  })

interface Cut {
  /** Batches in the fetch. */
  readonly batches: number
  /** How far the list of aborted transactions reaches past it. */
  readonly beyond: number
}

const cuts = fc.array(fc.record({ batches: count, beyond: fc.nat(12) }), { minLength: 1, maxLength: 20 })

const read = (h: History, from: number, sizes: readonly Cut[], list: (found: AbortedTransaction[]) => typeof found) => {
  const seen: Batch[] = []
  let position = from
  for (let n = 0; ; n++) {
    const { batches: size, beyond } = sizes[n % sizes.length] as Cut
    const stable = h.batches.filter((b) => b.lastOffset >= position && b.lastOffset < h.lastStableOffset)
    if (stable.length === 0) return seen
    const batches = stable.slice(0, size)
    const bound = (batches.at(-1)?.lastOffset ?? position) + 1 + beyond
    const aborted = h.index.filter((e) => e.lastOffset >= position && e.firstOffset < bound)
    const answer = readCommitted(fields, { position, batches, aborted: list(aborted) })
    expect(answer.nextOffset).toBe((batches.at(-1)?.lastOffset ?? 0) + 1)
    seen.push(...answer.batches)
    position = answer.nextOffset
  }
}

describe('a committed reader', () => {
  const offsets = fc.nat(120)

  it('sees what was committed and nothing else, wherever it starts and fetches are cut', () =>
    fc.assert(
      fc.property(history, offsets, cuts, (h, from, sizes) => {
        const expected = visible(h).filter((b) => b.lastOffset >= from)
        expect(read(h, from, sizes, (list) => list)).toEqual(expected)
      }),
      { numRuns: 500 },
    ))

  it('sees the same where the list does not say where the markers lie, as in Kafka', () =>
    fc.assert(
      fc.property(history, offsets, cuts, (h, from, sizes) => {
        const without = (list: AbortedTransaction[]) =>
          list.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }) as AbortedTransaction)
        const expected = visible(h).filter((b) => b.lastOffset >= from)
        expect(read(h, from, sizes, without)).toEqual(expected)
      }),
      { numRuns: 500 },
    ))

  it('sees the same where the list names every aborted transaction there ever was', () =>
    fc.assert(
      fc.property(history, offsets, cuts, (h, from, sizes) => {
        const expected = visible(h).filter((b) => b.lastOffset >= from)
        expect(read(h, from, sizes, () => [...h.index].reverse())).toEqual(expected)
      }),
      { numRuns: 500 },
    ))

  it('goes on from its position where nothing was fetched', () => {
    expect(readCommitted(fields, { position: 7, batches: [], aborted: [] })).toEqual({ batches: [], nextOffset: 7 })
  })
})
