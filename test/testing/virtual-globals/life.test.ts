import { AsyncLocalStorage } from 'node:async_hooks'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { live } from './one-life.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('Life', () => {
  it('rings every timer once, at its time, in order', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 20 }), async (delays) => {
        const { said } = await live(({ say }) => {
          for (const [at, ms] of delays.entries()) setTimeout(say, ms, String(at))
        })
        const due = delays.map((ms, at) => [String(at), Math.max(1, ms)] as const)
        expect(said).toEqual(due.sort(([, a], [, b]) => a - b))
      }),
      { numRuns: 30 },
    ))

  it('never rings one that was cleared, and one that was refreshed later', async () => {
    const { said } = await live(async ({ say }) => {
      const cleared = setTimeout(say, 20, 'cleared')
      const byNumber = setTimeout(say, 20, 'cleared by its number')
      const immediate = setImmediate(say, 'cleared at once')
      const refreshed = setTimeout(say, 20, 'refreshed')
      const interval = setInterval(say, 15, 'again')
      clearImmediate(immediate)
      await sleep(10)
      clearTimeout(cleared)
      clearTimeout(Number(byNumber))
      refreshed.refresh()
      await sleep(30)
      clearInterval(interval)
    })
    expect(said).toEqual([
      ['again', 15],
      ['refreshed', 30],
      ['again', 30],
    ])
  })

  it('rings nothing of a process that is dead', async () => {
    const { said, world } = await live(
      ({ say }) => void setInterval(say, 10, 'beat'),
      [[35, ({ process }) => process.kill()]],
    )
    expect(said.map(([, at]) => at)).toEqual([10, 20, 30])
    expect(world.now).toBeLessThan(60_000)
  })

  it('stands still with its process, and rings what became due once, when it goes on', async () => {
    const { said } = await live(
      ({ say }) => {
        const interval = setInterval(say, 10, 'beat')
        setTimeout(say, 25, 'timeout')
        setTimeout(clearInterval, 1_020, interval)
      },
      [
        [15, ({ process }) => process.pause()],
        [1_000, ({ process, world }) => world.resume(process)],
      ],
    )
    expect(said.map(([what, at]) => `${what} ${at}`)).toEqual(['beat 10', 'timeout 1000', 'beat 1000', 'beat 1010'])
  })

  it('shows a wall clock that was set, while timers and what was measured go on', async () => {
    let skewMs = 0
    const { said } = await live(
      async ({ say }) => {
        const began = performance.now()
        await sleep(100)
        say('before')
        await sleep(100)
        say(`set back, ${performance.now() - began} ms later`)
      },
      [[150, () => void (skewMs = -5_000)]],
      () => skewMs,
    )
    expect(said).toEqual([
      ['before', 100],
      ['set back, 200 ms later', -4_800],
    ])
  })

  it('tells of what a timer throws, and goes on with the others', async () => {
    const { crashes, said } = await live(({ say }) => {
      setTimeout(() => {
        throw new Error('in a timer')
      }, 5)
      setTimeout(say, 5, 'the other')
    })
    expect(crashes).toEqual([new Error('in a timer')])
    expect(said).toEqual([['the other', 5]])
  })

  it('keeps what a program follows its calls by', async () => {
    const request = new AsyncLocalStorage<string>()
    const { said } = await live(({ say }) =>
      request.run('request 7', () => void setTimeout(() => say(String(request.getStore())), 5)),
    )
    expect(said).toEqual([['request 7', 5]])
  })
})
