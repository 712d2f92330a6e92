import { describe, expect, it } from 'vitest'
import { virtualGlobals } from '../../../src/testing/virtual-globals/install.ts'
import { live } from './one-life.ts'
import { uncaughtEvents, uncaughtHeard } from './uncaught-heard.ts'

const fail = () => {
  throw new Error('boom')
}
const rejected = async () => fail()
const { nextTick } = process

const ways: readonly (readonly [string, () => void])[] = [
  ['a tick', () => process.nextTick(fail)],
  ['a microtask', () => queueMicrotask(fail)],
  ['a tick that was taken before', () => nextTick(fail)],
  ['a timer', () => void setTimeout(fail, 5)],
  ['an immediate', () => void setImmediate(fail)],
  ['a promise that nobody waits for', () => void rejected()],
  ['a promise of a timer', () => void setTimeout(() => void rejected(), 5)],
  ['a tick of a microtask of a timer', () => void setTimeout(() => queueMicrotask(() => process.nextTick(fail)), 5)],
  [
    'what follows from a promise',
    () =>
      void Promise.resolve()
        .then(() => {})
        .then(fail),
  ],
  [
    "an event's listener",
    () => {
      const target = new EventTarget()
      target.addEventListener('rain', fail)
      target.dispatchEvent(new Event('rain'))
    },
  ],
]

describe('an error that nobody catches', () => {
  it.each(ways)('in %s of a life ends that life, and nothing else hears of it', async (_, code) => {
    const heard = await uncaughtHeard(async () => {
      const { crashes } = await live(code)
      expect(crashes).toEqual([new Error('boom')])
    })
    expect(heard).toEqual([])
  })

  it.each(ways)('in %s of nobody is told as ever, during a run too', async (_, code) => {
    const heard = await uncaughtHeard(async () => {
      const restore = virtualGlobals()
      code()
      await new Promise((resolve) => setTimeout(resolve, 10))
      restore()
    })
    expect(heard).toContainEqual(new Error('boom'))
  })

  it('takes nobody away who listens, and leaves nothing behind', async () => {
    const counts = () => uncaughtEvents.map((event) => process.listenerCount(event))
    const before = counts()
    const { emit } = process
    let during: readonly number[] = []
    await live(() => void (during = counts()))
    expect(during).toEqual(before)
    expect(counts()).toEqual(before)
    expect(process.emit).toBe(emit)
  })
})
