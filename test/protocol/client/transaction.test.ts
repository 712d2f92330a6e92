import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engineFailure, type FailureCode, failureKinds } from '../../../src/contracts/failure.ts'
import {
  type ClientTransaction,
  type ClientTransactionCommand,
  type ClientTransactionEffect,
  newClientTransaction,
  stepClientTransaction,
} from '../../../src/protocol/client/transaction.ts'

const failure = (code: FailureCode) => engineFailure(code, code)
const first = { producerId: 1, epoch: 0 }
const second = { producerId: 1, epoch: 1 }

class Client {
  state: ClientTransaction = newClientTransaction('tx')
  effects: readonly ClientTransactionEffect[] = []

  send(...commands: ClientTransactionCommand[]): this {
    for (const command of commands) [this.state, this.effects] = stepClientTransaction(this.state, command)
    return this
  }
}

const initialize = { _tag: 'initialize', request: 1 } as const
const initialized = { _tag: 'initialized', ...first } as const
const send = { _tag: 'send', request: 2 } as const
const sent = { _tag: 'sent', epoch: 0 } as const
const commit = { _tag: 'end', request: 3, commit: true } as const
const abort = { _tag: 'end', request: 4, commit: false } as const
const ended = { _tag: 'ended', asked: first, ...second } as const
const endFailed = (code: FailureCode) => ({ _tag: 'endFailed', asked: first, failure: failure(code) }) as const
const sendFailed = (code: FailureCode, from: 'partition' | 'coordinator' = 'partition') =>
  ({ _tag: 'sendFailed', epoch: 0, from, failure: failure(code) }) as const

const ready = () => new Client().send(initialize, initialized)
const inTransaction = () => ready().send(send, sent)

describe('a producer', () => {
  it('has an identity before it sends', () => {
    const client = new Client().send(send)
    expect(client.effects).toMatchObject([{ request: 2, failure: { code: 'invalid-transaction-state' } }])
    client.send(initialize)
    expect(client.effects).toEqual([{ _tag: 'initProducerId', attempt: 0 }])
    client.send({ _tag: 'initializeFailed', failure: failure('concurrent-transactions') })
    expect(client.effects).toEqual([{ _tag: 'initProducerId', attempt: 1 }])
    client.send(initialized)
    expect(client.effects).toEqual([{ _tag: 'reply', request: 1 }])
    client.send(send)
    expect(client.effects).toEqual([{ _tag: 'admit', request: 2, identity: first }])
    expect(client.state.phase).toBe('IN_TRANSACTION')
  })

  it('has to abort what something befell, and waits for nothing more because of that', () => {
    const befallen = { _tag: 'befallen', from: 'coordinator', failure: failure('transaction-aborted') } as const
    const client = ready().send(send, befallen)
    expect(client.state).toMatchObject({ phase: 'ABORTABLE_ERROR', inFlight: 1 })
    expect(new Client().send(befallen).state.phase).toBe('UNINITIALIZED')
    const fenced = { ...befallen, failure: failure('producer-fenced') }
    const lost = ready().send(fenced, befallen)
    expect(lost.state).toMatchObject({ phase: 'FATAL_ERROR', failure: { code: 'producer-fenced' } })
  })

  it('commits once everything sent is acknowledged, and goes on with the next epoch', () => {
    const client = ready().send(send, send, commit)
    expect(client.effects).toEqual([])
    expect(client.send(sent).effects).toEqual([])
    client.send(sent)
    expect(client.effects).toEqual([{ _tag: 'endTransaction', identity: first, commit: true, attempt: 0 }])
    expect(client.send(ended).effects).toEqual([{ _tag: 'reply', request: 3 }])
    expect(client.state).toMatchObject({ phase: 'READY', identity: second })
  })

  it('aborts without waiting, and takes no notice of late answers', () => {
    const client = ready().send(send, send, abort)
    expect(client.effects).toEqual([{ _tag: 'endTransaction', identity: first, commit: false, attempt: 0 }])
    client.send(ended, send)
    const { state } = client
    expect(client.send(sent, sendFailed('out-of-order-sequence'), ended, endFailed('producer-fenced')).state).toBe(
      state,
    )
  })

  it('asks nobody to end what never began', () => {
    for (const end of [commit, abort]) {
      expect(ready().send(end).effects).toEqual([{ _tag: 'reply', request: end.request }])
    }
  })

  it('asks for the same end again while its outcome is unknown', () => {
    const client = inTransaction().send(commit, endFailed('timed-out'))
    expect(client.effects).toEqual([{ _tag: 'endTransaction', identity: first, commit: true, attempt: 1 }])
    client.send(endFailed('concurrent-transactions'))
    expect(client.effects).toMatchObject([{ commit: true, attempt: 2 }])
    client.send({ _tag: 'stopWaiting', failure: failure('timed-out') })
    expect(client.effects).toMatchObject([{ request: 3, failure: { code: 'timed-out' } }])
    expect(client.send(abort).effects).toMatchObject([{ request: 4, failure: { code: 'invalid-transaction-state' } }])
    expect(client.send(send).effects).toMatchObject([{ failure: { code: 'invalid-transaction-state' } }])
    expect(client.send({ ...commit, request: 5 }).effects).toEqual([])
    expect(client.send(ended).effects).toEqual([{ _tag: 'reply', request: 5 }])
  })

  it('may abort what the coordinator refuses to commit, unless an earlier attempt may still arrive', () => {
    expect(inTransaction().send(commit, endFailed('transaction-aborted')).state.phase).toBe('ABORTABLE_ERROR')
    const client = inTransaction().send(commit, endFailed('timed-out'), endFailed('transaction-aborted'))
    expect(client.state.phase).toBe('FATAL_ERROR')
  })

  it('may abort a commit that nobody has asked the coordinator for', () => {
    const client = ready().send(send, commit, { _tag: 'stopWaiting', failure: failure('timed-out') }, abort)
    expect(client.effects).toMatchObject([{ _tag: 'endTransaction', commit: false }])
  })

  it('whose commit meets a failed batch is told, and can only abort', () => {
    const client = ready().send(send, commit, sendFailed('record-too-large'))
    expect(client.effects).toMatchObject([{ request: 3, failure: { code: 'record-too-large' } }])
    expect(client.state.phase).toBe('ABORTABLE_ERROR')
    expect(client.send(commit).effects).toMatchObject([{ failure: { code: 'record-too-large' } }])
    expect(client.send(send).effects).toMatchObject([{ failure: { code: 'record-too-large' } }])
    expect(client.send(abort).effects).toMatchObject([{ _tag: 'endTransaction', commit: false }])
    expect(client.send(ended).state).toMatchObject({ phase: 'READY', failure: undefined })
  })
})

describe('where failures lead', () => {
  const codes = Object.keys(failureKinds) as FailureCode[]
  const passing = (code: FailureCode) => failureKinds[code] === 'retriable' || failureKinds[code] === 'indeterminate'

  it.each(codes)('%s of a partition', (code) => {
    const fatal = ['producer-fenced', 'invalid-producer-id-mapping', 'closed'].includes(code)
    const client = ready().send(send, sendFailed(code))
    expect(client.state.phase).toBe(fatal ? 'FATAL_ERROR' : 'ABORTABLE_ERROR')
  })

  it.each(codes)('%s of a coordinator that was sent offsets', (code) => {
    const abortable = failureKinds[code] !== 'fatal' || code === 'fenced-instance'
    const client = ready().send(send, sendFailed(code, 'coordinator'))
    expect(client.state.phase).toBe(abortable ? 'ABORTABLE_ERROR' : 'FATAL_ERROR')
  })

  it.each(codes)('%s of a coordinator that was asked for a commit', (code) => {
    const client = inTransaction().send(commit, endFailed(code))
    const abortable = code === 'transaction-aborted'
    expect(client.state.phase).toBe(passing(code) ? 'COMMITTING' : abortable ? 'ABORTABLE_ERROR' : 'FATAL_ERROR')
  })

  it.each(codes)('%s of a coordinator that was asked for an identity', (code) => {
    const client = new Client().send(initialize, { _tag: 'initializeFailed', failure: failure(code) })
    expect(client.state.phase).toBe(passing(code) ? 'INITIALIZING' : 'FATAL_ERROR')
  })

  it('nowhere from a fatal one', () => {
    const client = ready().send(send, sendFailed('producer-fenced'))
    const { state } = client
    for (const command of [initialize, initialized, send, sent, commit, abort, ended, endFailed('timed-out')]) {
      const { effects } = client.send(command)
      if ('request' in command) expect(effects).toMatchObject([{ failure: { code: 'producer-fenced' } }])
      expect(client.state).toMatchObject({ phase: state.phase, failure: state.failure })
    }
  })
})

describe('whatever happens', () => {
  const passingFailure = fc.constantFrom<FailureCode>('timed-out', 'concurrent-transactions', 'transaction-aborted')
  const steps = fc.array(
    fc.record({
      what: fc.constantFrom('send', 'commit', 'abort', 'sent', 'sendFailed', 'ended', 'endFailed', 'stopWaiting'),
      code: passingFailure,
      late: fc.boolean(),
    }),
    { maxLength: 80, size: 'max' },
  )

  it('asks only one end of each transaction, a commit only when nothing is in flight, and answers once', () =>
    fc.assert(
      fc.property(steps, (all) => {
        const client = ready()
        const asked = new Map<number, { readonly commit: boolean; readonly attempt: number }>()
        const refused = new Set<number>()
        const answered = new Set<number>()
        let inFlight = 0
        for (const [n, { what, code, late }] of all.entries()) {
          const epoch = (client.state.identity?.epoch ?? 0) - Number(late)
          const before = { producerId: 1, epoch }
          const request = n + 10
          if (what === 'send') client.send({ _tag: 'send', request })
          else if (what === 'commit' || what === 'abort')
            client.send({ _tag: 'end', request, commit: what === 'commit' })
          else if (what === 'ended') client.send({ _tag: 'ended', asked: before, producerId: 1, epoch: epoch + 1 })
          else if (what === 'endFailed') client.send({ _tag: 'endFailed', asked: before, failure: failure(code) })
          else if (what === 'stopWaiting') client.send({ _tag: 'stopWaiting', failure: failure(code) })
          else if (inFlight === 0 && !late) continue
          else if (what === 'sent') client.send({ _tag: 'sent', epoch })
          else client.send({ _tag: 'sendFailed', epoch, from: 'partition', failure: failure(code) })
          if ((what === 'sent' || what === 'sendFailed') && !late) inFlight--
          for (const effect of client.effects) {
            if (effect._tag === 'admit') inFlight++
            if (effect._tag === 'reply') {
              expect(answered.has(effect.request)).toBe(false)
              answered.add(effect.request)
            }
            if (effect._tag !== 'endTransaction') continue
            const { epoch: of } = effect.identity
            const earlier = asked.get(of)
            // Only a coordinator that says itself, at once, that the transaction must be aborted may change a commit's mind.
            if (earlier !== undefined && earlier.commit !== effect.commit) {
              expect([earlier, refused.has(of)]).toEqual([{ commit: true, attempt: 0 }, true])
            }
            asked.set(of, { commit: effect.commit, attempt: effect.attempt })
            if (effect.commit) expect(inFlight).toBe(0)
          }
          if (what === 'endFailed' && code === 'transaction-aborted' && !late) refused.add(epoch)
          if (client.state.phase === 'READY') inFlight = 0
        }
      }),
      { numRuns: 500 },
    ))
})
