import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engineFailure } from '../../../src/contracts/failure.ts'
import {
  type FetchPosition,
  type FetchPositionCommand,
  type FetchPositionEffect,
  type FetchTarget,
  type ResetPolicy,
  startFetching,
  stepFetching,
} from '../../../src/protocol/client/fetch-position.ts'

const partition = { topic: 'orders', partition: 3 }

class Reader {
  state: FetchPosition
  effects: readonly FetchPositionEffect[]

  constructor(at: FetchTarget, reset: ResetPolicy = 'earliest') {
    ;[this.state, this.effects] = startFetching(partition, { at, reset })
  }

  send(command: FetchPositionCommand): readonly FetchPositionEffect[] {
    ;[this.state, this.effects] = stepFetching(this.state, command)
    return this.effects
  }
}

const fetchAt = (offset: number, epoch = 0, again = false) => ({ _tag: 'fetch', offset, epoch, again })
const failure = (code: 'timed-out' | 'unstable-offsets' | 'corrupt-log') => engineFailure(code, code)

describe('a position', () => {
  it('begins where the group has committed', () => {
    const reader = new Reader('committed')
    expect(reader.effects).toEqual([{ _tag: 'findCommitted', epoch: 0, again: false }])
    expect(reader.send({ _tag: 'committed', epoch: 0, offset: 42 })).toEqual([fetchAt(42)])
    expect(reader.send({ _tag: 'fetched', epoch: 0, nextOffset: 50 })).toEqual([{ _tag: 'deliver' }, fetchAt(50)])
  })

  it('begins by the reset policy where nothing is committed', () => {
    const reader = new Reader('committed', 'latest')
    const asked = reader.send({ _tag: 'committed', epoch: 0, offset: undefined })
    expect(asked).toEqual([{ _tag: 'findOffset', at: 'latest', epoch: 1, again: false }])
    expect(reader.send({ _tag: 'found', epoch: 1, offset: 9 })).toEqual([fetchAt(9, 1)])
    const strict = new Reader('committed', 'fail')
    expect(strict.send({ _tag: 'committed', epoch: 0, offset: undefined })).toMatchObject([
      { _tag: 'fail', failure: { code: 'offset-out-of-range', message: expect.stringContaining('orders-3') } },
    ])
  })

  it('asks again after a passing failure, for what it asked before', () => {
    const reader = new Reader('committed')
    const again = reader.send({ _tag: 'failed', epoch: 0, failure: failure('unstable-offsets') })
    expect(again).toEqual([{ _tag: 'findCommitted', epoch: 0, again: true }])
    reader.send({ _tag: 'committed', epoch: 0, offset: 7 })
    expect(reader.send({ _tag: 'failed', epoch: 0, failure: failure('timed-out') })).toEqual([fetchAt(7, 0, true)])
  })

  it('stops at a failure that stays, until somebody seeks', () => {
    const reader = new Reader(7)
    expect(reader.send({ _tag: 'failed', epoch: 0, failure: failure('corrupt-log') })).toMatchObject([{ _tag: 'fail' }])
    expect(reader.send({ _tag: 'resume' })).toEqual([])
    expect(reader.send({ _tag: 'seek', to: 99 })).toEqual([fetchAt(99, 1)])
  })

  it('outside of the log moves by the policy, aloud, or stops', () => {
    const gone = { _tag: 'outOfRange', epoch: 0, startOffset: 20, endOffset: 30 } as const
    expect(new Reader(7, 'earliest').send(gone)).toEqual([
      { _tag: 'reset', from: 7, to: 'earliest' },
      { _tag: 'findOffset', at: 'earliest', epoch: 1, again: false },
    ])
    expect(new Reader(7, 'fail').send(gone)).toMatchObject([
      {
        failure: {
          code: 'offset-out-of-range',
          message: expect.stringContaining('offset 7 of orders-3 is outside of 20 to 30'),
        },
      },
    ])
  })

  it('seeks to a time', () => {
    const reader = new Reader(7)
    const asked = reader.send({ _tag: 'seek', to: { timestamp: 5 } })
    expect(asked).toEqual([{ _tag: 'findOffset', at: { timestamp: 5 }, epoch: 1, again: false }])
  })
})

type Action =
  | { readonly _tag: 'answer'; readonly pick: number; readonly size: number }
  | { readonly _tag: 'fail'; readonly pick: number }
  | { readonly _tag: 'seek'; readonly to: number }
  | { readonly _tag: 'pause' }
  | { readonly _tag: 'resume' }

const nat = fc.nat(100)
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ _tag: fc.constant('answer' as const), pick: nat, size: fc.nat(5) }) },
    fc.record({ _tag: fc.constant('fail' as const), pick: nat }),
    fc.record({ _tag: fc.constant('seek' as const), to: nat }),
    fc.record({ _tag: fc.constant('pause' as const) }),
    fc.record({ _tag: fc.constant('resume' as const) }),
  ),
  { maxLength: 100, size: 'max' },
)

describe('however answers, seeks and pauses fall', () => {
  it('delivers each offset once between seeks, without gap, never while paused, and comes back to life', () =>
    fc.assert(
      fc.property(actions, (all) => {
        const reader = new Reader(0)
        const pending: Extract<FetchPositionEffect, { _tag: 'fetch' }>[] = []
        let expected = 0
        let paused = false
        const follow = (from: number, next: number) => {
          for (const effect of reader.effects) {
            if (effect._tag === 'fetch') pending.push(effect)
            if (effect._tag === 'deliver') {
              expect([from, paused]).toEqual([expected, false])
              expected = next
            }
          }
          const { epoch } = reader.state
          expect(pending.filter((p) => p.epoch === epoch).length).toBeLessThanOrEqual(1)
        }
        follow(0, 0)
        for (const action of all) {
          if (action._tag === 'answer' || action._tag === 'fail') {
            const [fetch] = pending.splice(action.pick % Math.max(pending.length, 1), 1)
            if (fetch === undefined) continue
            const { epoch, offset } = fetch
            const next = offset + (action._tag === 'answer' ? action.size : 0)
            if (action._tag === 'answer') reader.send({ _tag: 'fetched', epoch, nextOffset: next })
            else reader.send({ _tag: 'failed', epoch, failure: failure('timed-out') })
            follow(offset, next)
          } else {
            if (action._tag === 'seek') expected = action.to
            else paused = action._tag === 'pause'
            reader.send(action)
            follow(-1, -1)
          }
        }
        reader.send({ _tag: 'resume' })
        follow(-1, -1)
        expect(pending.filter((p) => p.epoch === reader.state.epoch)).toMatchObject([{ offset: expected }])
      }),
      { numRuns: 500 },
    ))
})
