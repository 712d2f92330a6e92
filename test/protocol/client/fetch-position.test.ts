import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engineFailure, type FailureCode } from '../../../src/contracts/failure.ts'
import {
  drive,
  type FetchPolicy,
  type FetchPosition,
  type FetchPositionCommand,
  type FetchPositionEffect,
  isWanted,
  startFetching,
} from '../../../src/protocol/client/fetch-position.ts'

const partition = { topic: 'orders', partition: 3 }
const patient: FetchPolicy = { overtaken: 'go-on', damaged: 'look-again' }
const strict: FetchPolicy = { overtaken: 'stop', damaged: 'stop' }

class Reader {
  position: FetchPosition

  constructor(offset: number, policy: FetchPolicy) {
    this.position = startFetching(partition, offset, policy)
  }

  get epoch(): number {
    return this.position.epoch
  }

  send(command: FetchPositionCommand): readonly FetchPositionEffect[] {
    return drive(this, command)
  }

  /** A fetch of where it stands now fails. */
  fail(code: FailureCode, startOffset = 0, endOffset = 100): readonly FetchPositionEffect[] {
    return this.send({ _tag: 'failed', epoch: this.epoch, failure: engineFailure(code, code), startOffset, endOffset })
  }
}

describe('a position', () => {
  it('hands on what was fetched, and is wanted again behind it', () => {
    const reader = new Reader(42, strict)
    expect(reader.send({ _tag: 'fetched', epoch: 0 })).toEqual([{ _tag: 'handOn', from: 42, epoch: 1 }])
    expect(isWanted(reader.position)).toBe(false)
    expect(reader.send({ _tag: 'handedOn', epoch: 1, offset: 50 })).toEqual([])
    expect(reader.position).toMatchObject({ offset: 50, phase: 'ready' })
    expect(isWanted(reader.position)).toBe(true)
  })

  it.each(['storage-full', 'timed-out'] as const)('rests at a failure that may pass (%s), longer each time', (code) => {
    const reader = new Reader(7, strict)
    expect(reader.fail(code)).toMatchObject([{ _tag: 'rest', failures: 1, failure: { code } }])
    expect(isWanted(reader.position)).toBe(false)
    reader.send({ _tag: 'rested', epoch: reader.epoch })
    expect(isWanted(reader.position)).toBe(true)
    expect(reader.fail(code)).toMatchObject([{ _tag: 'rest', failures: 2 }])
    reader.send({ _tag: 'rested', epoch: reader.epoch })
    reader.send({ _tag: 'fetched', epoch: reader.epoch })
    reader.send({ _tag: 'handedOn', epoch: reader.epoch, offset: 8 })
    expect(reader.fail(code)).toMatchObject([{ _tag: 'rest', failures: 1 }])
  })

  it('rests at damage, or stops, as it is told; at what stays it stops either way', () => {
    expect(new Reader(7, patient).fail('corrupt-log')).toMatchObject([{ _tag: 'rest' }])
    expect(new Reader(7, strict).fail('corrupt-log')).toMatchObject([{ _tag: 'stop' }])
    for (const policy of [patient, strict])
      for (const code of ['unknown-topic', 'storage-failed', 'closed'] as const)
        expect(new Reader(7, policy).fail(code)).toMatchObject([{ _tag: 'stop', failure: { code } }])
  })

  it('goes on behind what retention took, aloud, or stops; beyond the end it always stops', () => {
    const reader = new Reader(7, patient)
    expect(reader.fail('offset-out-of-range', 20, 30)).toEqual([{ _tag: 'overtaken', from: 7, to: 20 }])
    expect(reader.position).toMatchObject({ offset: 20, phase: 'ready' })
    const outside = { _tag: 'outside', startOffset: 20, endOffset: 30 }
    expect(new Reader(7, strict).fail('offset-out-of-range', 20, 30)).toEqual([{ ...outside, offset: 7 }])
    for (const policy of [patient, strict])
      expect(new Reader(31, policy).fail('offset-out-of-range', 20, 30)).toEqual([{ ...outside, offset: 31 }])
  })

  it('that has stopped waits for a seek, or for a pause to be over', () => {
    const reader = new Reader(7, strict)
    reader.send({ _tag: 'fetched', epoch: 0 })
    reader.send({ _tag: 'stuck', epoch: 1, offset: 9 })
    reader.send({ _tag: 'resume' })
    expect(isWanted(reader.position)).toBe(false)
    reader.send({ _tag: 'pause' })
    reader.send({ _tag: 'resume' })
    expect([isWanted(reader.position), reader.position.offset]).toEqual([true, 9])
    reader.fail('corrupt-log')
    reader.send({ _tag: 'seek', offset: 3 })
    expect([isWanted(reader.position), reader.position.offset]).toEqual([true, 3])
  })
})

type Action =
  | { readonly _tag: 'ask' | 'pause' | 'resume' | 'rested' }
  | { readonly _tag: 'answer'; readonly pick: number; readonly code: FailureCode | undefined }
  | { readonly _tag: 'seek'; readonly offset: number }
  | { readonly _tag: 'handedOn' | 'stuck'; readonly count: number }
  | { readonly _tag: 'delete'; readonly count: number }

const nat = fc.nat(9)
const codes = fc.constantFrom<FailureCode>('timed-out', 'storage-full', 'corrupt-log', 'storage-failed')
const one = <Tag extends string>(_tag: Tag) => fc.record({ _tag: fc.constant(_tag) })
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: one('ask') },
    {
      weight: 5,
      arbitrary: fc.record({
        _tag: fc.constant('answer' as const),
        pick: nat,
        code: fc.option(codes, { nil: undefined, freq: 3 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ _tag: fc.constant('handedOn' as const), count: nat }) },
    { weight: 2, arbitrary: one('rested') },
    fc.record({ _tag: fc.constant('stuck' as const), count: nat }),
    fc.record({ _tag: fc.constant('seek' as const), offset: fc.nat(60) }),
    fc.record({ _tag: fc.constant('delete' as const), count: nat }),
    one('pause'),
    one('resume'),
  ),
  { maxLength: 100, size: 'max' },
)
const policies: fc.Arbitrary<FetchPolicy> = fc.record({
  overtaken: fc.constantFrom('go-on', 'stop'),
  damaged: fc.constantFrom('look-again', 'stop'),
})

/** What a reader has to do by what it was told, beside a log that loses its oldest records. */
class Model {
  readonly reader: Reader
  readonly asked: { readonly epoch: number; readonly offset: number }[] = []
  start = 0
  /** Where what is handed on has to go on. */
  expected = 0
  paused = false
  handing: { readonly epoch: number; readonly from: number } | undefined

  constructor(policy: FetchPolicy) {
    this.reader = new Reader(0, policy)
  }

  do(action: Action): void {
    switch (action._tag) {
      case 'ask':
        if (isWanted(this.reader.position)) this.asked.push(this.reader.position)
        return
      case 'answer':
        return this.answer(action.pick, action.code)
      case 'handedOn':
      case 'stuck':
        return this.finish(action._tag, action.count)
      case 'rested':
        return this.told({ _tag: 'rested', epoch: this.reader.epoch })
      case 'seek':
        this.expected = action.offset
        this.handing = undefined
        return this.told(action)
      case 'delete':
        this.start += action.count
        return
      default:
        this.paused = action._tag === 'pause'
        this.told({ _tag: action._tag })
    }
  }

  finish(_tag: 'handedOn' | 'stuck', count: number): void {
    if (this.handing === undefined) return
    const { epoch, from } = this.handing
    this.handing = undefined
    this.expected = from + count
    this.told({ _tag, epoch, offset: this.expected })
  }

  answer(pick: number, code: FailureCode | undefined): void {
    const [request] = this.asked.splice(pick % Math.max(this.asked.length, 1), 1)
    if (request === undefined) return
    const { epoch, offset } = request
    const range = { startOffset: this.start, endOffset: 50 }
    const wrong = offset < this.start || offset > 50 ? 'offset-out-of-range' : code
    if (wrong === undefined) this.told({ _tag: 'fetched', epoch }, offset)
    else this.told({ _tag: 'failed', epoch, failure: engineFailure(wrong, wrong), ...range })
  }

  /** `asked`: from where what counts now was asked for. */
  told(command: FetchPositionCommand, asked?: number): void {
    for (const effect of this.reader.send(command)) {
      if (effect._tag === 'handOn') {
        expect([this.handing, this.paused]).toEqual([undefined, false])
        expect([effect.from, asked]).toEqual([this.expected, this.expected])
        this.handing = effect
      } else if (effect._tag === 'overtaken') {
        expect([effect.from, effect.to]).toEqual([this.expected, this.start])
        this.expected = effect.to
      } else expect(isWanted(this.reader.position)).toBe(false)
    }
    expect(isWanted(this.reader.position) && (this.paused || this.handing !== undefined)).toBe(false)
  }
}

describe('however requests, answers, failures, seeks and pauses fall', () => {
  it('hands on each offset once between seeks, without a gap that is not told, and comes back to life', () =>
    fc.assert(
      fc.property(actions, policies, (all, policy) => {
        const model = new Model(policy)
        for (const action of all) model.do(action)
        model.do({ _tag: 'handedOn', count: 0 })
        model.do({ _tag: 'rested' })
        model.do({ _tag: 'pause' })
        model.do({ _tag: 'resume' })
        expect([isWanted(model.reader.position), model.reader.position.offset]).toEqual([true, model.expected])
      }),
      { numRuns: 500 },
    ))
})
