import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapValue, scanByKey, to } from '../../operators/index.ts'
import { type Guarantee, int32, retryLater, store, stream, text, topic } from '../../src/index.ts'
import { type RetryMutant, withoutRule } from '../../src/pipeline/retry-mutant.ts'
import { DeliveryError, deliverySemantics, testPipeline } from '../../src/testing/index.ts'

const charges = topic('charges', { key: text, value: int32, partitions: 2 })
const done = topic('done', { key: text, value: int32, partitions: 2 })
const counts = store('counts', { key: text, value: int32 })

/** Charges go through some time after they were asked for: at once, or after a while. */
const charging = (more: {
  readonly ordered: boolean
  readonly guarantee?: Guarantee
  readonly rule?: RetryMutant
  readonly faults: 'calm' | 'rough' | readonly 'process-crash'[]
  readonly runs: number
  readonly seed: number
}) => {
  const { ordered, rule, guarantee = 'exactly-once', ...options } = more
  const policy = retryLater({ tiers: ['100ms', '500ms', '1s'], ordered, exhausted: 'halt' })
  const onError = rule === undefined ? policy : withoutRule(rule, policy)
  return deliverySemantics({
    app: (millrace) =>
      millrace.run(
        'charge',
        stream(charges).pipe(
          to(done),
          mapValue((cents, { timestamp }) => {
            if (Date.now() < timestamp + (cents % 4) * 300) throw new Error('not yet')
            return cents
          }),
          scanByKey(counts, 0, (count) => count + 1),
        ),
        { guarantee, onError },
      ),
    topics: [charges, done],
    input: { charges: fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.nat(99) }) },
    shrink: false,
    ...options,
    expect: (e) => {
      const all = ({ charges }: { readonly charges: readonly { key: string; value: number }[] }) =>
        charges.map(({ key, value }) => ({ key, value }))
      return [e.exactlyOnce(done, all), e.ordered(done, all), e.noLoss(done, all)]
    },
  })
}

const found = async (run: Promise<unknown>): Promise<string> => {
  try {
    await run
  } catch (error) {
    if (error instanceof DeliveryError) return error.message
    throw error
  }
  return 'nothing'
}

describe('retries in a unit test', () => {
  it('come back as time goes by', async () => {
    let isAway = true
    const test = await testPipeline(
      stream(charges).pipe(
        mapValue((cents) => {
          if (isAway && cents === 1) throw new Error('away')
          return cents
        }),
        to(done),
      ),
      { run: { onError: retryLater({ tiers: ['1m', '2m'], ordered: true, exhausted: 'halt', jitter: 0 }) } },
    )
    await test.send(charges, [
      { key: 'a', value: 1 },
      { key: 'a', value: 2 },
      { key: 'b', value: 3 },
    ])
    const came = (): number[] => test.records(done).map(({ value }) => value)
    expect(came()).toEqual([3])
    await test.elapse('1m')
    isAway = false
    await test.elapse('119s')
    expect(came()).toEqual([3])
    await test.elapse('1s')
    expect(came().sort()).toEqual([1, 2, 3])
    expect(test.notices.map((notice) => notice._tag === 'record-failed' && notice.retryInMs)).toEqual([60_000, 120_000])
  })
})

describe('ordered retries on a cluster that fails', () => {
  it('let each record through once, in the order of its key', async () => {
    const report = await charging({ ordered: true, faults: 'rough', runs: 12, seed: 2 })
    expect(report.runs).toBe(12)
  })

  it('are missed where later records of a key go on', async () => {
    const calm = { faults: 'calm', runs: 20, seed: 2 } as const
    expect(await found(charging({ ordered: false, ...calm }))).toContain("ordered('done')")
    expect(await found(charging({ ordered: true, rule: 'retry-before-order', ...calm }))).toContain("ordered('done')")
  })

  it('are missed where what waits is not written with the offset', async () => {
    const message = await found(
      charging({ ordered: false, guarantee: 'at-least-once', faults: ['process-crash'], runs: 60, seed: 2 }),
    )
    expect(message).toContain("exactlyOnce('done')")
  })
})
