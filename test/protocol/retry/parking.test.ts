import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Token } from '../../../src/protocol/retry/headers.ts'
import { type History, unmarked } from '../../../src/protocol/retry/history.ts'
import { recordKeyOf, stateBytes, stateKeyOf, stateOf } from '../../../src/protocol/retry/parked-entries.ts'
import {
  closed,
  closedKey,
  drainsOn,
  dueNow,
  firstSettled,
  isLive,
  liveToken,
  type ParkedKey,
  parkFirst,
  putOffAgain,
  queuedBehind,
  turnOf,
  waitingOf,
} from '../../../src/protocol/retry/parking.ts'

/** What the rules come to: a list of records, the first of which was tried so often. */
interface Model {
  queue: string[]
  attempts: number
  isClosed: boolean
}

const once = { attempts: 1, firstFailedAtMs: 1 }

type Step = 'comes' | 'comes-back' | 'fails' | 'settles' | 'closes' | 'old-token'

const steps = fc.array(
  fc.constantFrom<Step>('comes', 'comes', 'comes-back', 'fails', 'settles', 'closes', 'old-token'),
  {
    maxLength: 60,
  },
)

describe('a parked key', () => {
  it('is a queue whose first record has one live token', () =>
    fc.assert(
      fc.property(steps, (list) => {
        let key: ParkedKey | undefined
        let model: Model | undefined
        const kept = new Map<number, string>()
        /** Of those that were put off before they came behind others. */
        const historyOf = (id: string): History =>
          Number(id.split('-')[2]) % 2 === 0 ? unmarked : { attempts: 2, firstFailedAtMs: 3 }
        const tokens: Token[] = []
        let appended = 0
        let drained = 0
        let last = 0
        for (const step of list) {
          const id = `in-0-${last++}`
          if (step === 'comes' || step === 'comes-back') {
            const turn = turnOf(key, step === 'comes-back')
            if (model === undefined) {
              expect(turn).toBe('runs')
              key = parkFirst(id, once, last)
              kept.set(0, id)
              model = { queue: [id], attempts: 1, isClosed: false }
              appended += 1
            } else if (model.queue.length > 0) {
              expect(turn).toBe('waits-behind')
              kept.set((key as ParkedKey).next, id)
              key = queuedBehind(key as ParkedKey)
              model.queue.push(id)
              appended += 1
            } else {
              expect(turn).toBe(step === 'comes-back' ? 'opens' : 'is-given-up')
              if (turn === 'opens') [key, model] = [undefined, undefined]
            }
          } else if (key !== undefined && model !== undefined && model.queue.length > 0) {
            if (step === 'old-token') {
              for (const token of tokens.slice(0, -1)) expect(isLive(key, token)).toBe(false)
              continue
            }
            if (step === 'fails') {
              key = putOffAgain(key, last, 1)
              model.attempts += 1
            } else if (step === 'closes') {
              key = closed(key)
              model.isClosed = true
            } else {
              kept.delete(key.first)
              const id = kept.get(key.first + 1)
              key = firstSettled(key, id === undefined ? undefined : { id, history: historyOf(id) })
              model.queue.shift()
              model.attempts = id === undefined ? 0 : historyOf(id).attempts
              drained += 1
              if (key !== undefined) key = dueNow(key, last)
              if (model.queue.length === 0 && !model.isClosed) model = undefined
            }
          }
          expect(key === undefined).toBe(model === undefined)
          if (key === undefined || model === undefined) continue
          expect(waitingOf(key)).toBe(model.queue.length)
          expect(waitingOf(key)).toBe(appended - drained)
          expect([...kept.values()]).toEqual(model.queue)
          expect(key.isClosed).toBe(model.isClosed)
          expect(stateOf(stateBytes(key))).toEqual(key)
          if (model.queue.length === 0) continue
          expect(liveToken(key)).toEqual({ head: model.queue[0], attempts: model.attempts })
          expect(isLive(key, liveToken(key))).toBe(true)
          const token = liveToken(key)
          if (tokens.every(({ head, attempts }) => head !== token.head || attempts !== token.attempts))
            tokens.push(token)
        }
      }),
    ))

  it('that leaves nothing leaves no state, and a closed one only that', () => {
    const one = parkFirst('a', once, 5)
    expect(firstSettled(one, undefined)).toBeUndefined()
    expect(firstSettled(closed(one), undefined)).toEqual(closedKey)
    expect(isLive(firstSettled(closed(one), undefined), { head: '', attempts: 0 })).toBe(false)
    expect(isLive(undefined, { head: 'a', attempts: 1 })).toBe(false)
  })

  it('is drained within bounds of number and time', () => {
    expect(drainsOn(99, 99)).toBe(true)
    expect(drainsOn(100, 0)).toBe(false)
    expect(drainsOn(1, 100)).toBe(false)
  })
})

describe('the entries of parked keys', () => {
  it('share no key, whatever the keys', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.option(fc.uint8Array({ maxLength: 12 })), {
          maxLength: 12,
          selector: (key) => String(key && [...key]),
        }),
        (keys) => {
          const all = keys.flatMap((key) => [
            stateKeyOf(key),
            ...[0, 1, 2 ** 40].map((number) => recordKeyOf(key, number)),
          ])
          expect(new Set(all.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(all.length)
        },
      ),
    ))
})
