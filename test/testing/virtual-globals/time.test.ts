import * as timers from 'node:timers'
import * as promises from 'node:timers/promises'
import { promisify } from 'node:util'
import { asyncScheduler, debounceTime, delay, interval, lastValueFrom, of, take, timer } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { beginningMs } from '../../../src/engines/simulated/world/world.ts'
import { live } from './one-life.ts'

describe('time of a simulated life', () => {
  it('is that of the world', async () => {
    const dates: unknown[] = []
    await live(async () => {
      await promises.setTimeout(1_500)
      dates.push(Date.now() - beginningMs, new Date().toISOString(), Date().slice(11, 15), performance.now())
      dates.push(process.hrtime(), process.hrtime.bigint(), new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format())
      dates.push(process.uptime(), performance.timeOrigin - beginningMs, performance.mark('now').startTime)
      dates.push(new Date() instanceof Date, new Date(0).getTime(), Date.UTC(1970, 0), new Date(2020, 1).getMonth())
    })
    expect(dates).toEqual([
      ...[1_500, '2026-01-01T00:00:01.500Z', '2026', 1_500],
      ...[[1, 500_000_000], 1_500_000_000n, '1/1/2026'],
      ...[1.5, 0, 1_500],
      ...[true, 0, 0, 1],
    ])
  })

  it('drives the schedulers of RxJS', async () => {
    const { said } = await live(async ({ say }) => {
      await lastValueFrom(of(1).pipe(delay(50)))
      say('delay')
      await lastValueFrom(timer(20))
      say('timer')
      await lastValueFrom(interval(10).pipe(take(3)))
      say('interval')
      await lastValueFrom(interval(10).pipe(take(3), debounceTime(5)))
      say('debounceTime')
      asyncScheduler.schedule(() => say('asyncScheduler'), 7)
    })
    expect(said).toEqual([
      ['delay', 50],
      ['timer', 70],
      ['interval', 100],
      ['debounceTime', 130],
      ['asyncScheduler', 137],
    ])
  })

  it('is also that of the modules, of promises and of signals', async () => {
    const { said } = await live(async ({ say }) => {
      await new Promise((resolve) => timers.setTimeout(resolve, 5))
      say('node:timers')
      await promisify(setTimeout)(5)
      say('promisify')
      say(await promises.setTimeout(5, 'node:timers/promises'))
      say(await promises.setImmediate('at once'))
      for await (const beat of promises.setInterval(5, 'beat')) {
        say(beat)
        break
      }
      await promises.scheduler.wait(5)
      say('scheduler.wait')
      await promises.scheduler.yield()
      const signal = AbortSignal.timeout(5)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      say(signal.reason.name)
      await promises.setTimeout(1_000, undefined, { signal }).catch((error) => say(error.name))
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 5)
      await promises.setTimeout(1_000, undefined, { signal: controller.signal }).catch((error) => say(error.code))
    })
    expect(said).toEqual([
      ['node:timers', 5],
      ['promisify', 10],
      ['node:timers/promises', 15],
      ['at once', 15],
      ['beat', 20],
      ['scheduler.wait', 25],
      ['TimeoutError', 30],
      ['AbortError', 30],
      ['ABORT_ERR', 35],
    ])
  })

  it('is not waited for by a promise that was called off', async () => {
    const { said, crashes } = await live(async ({ say }) => {
      const controller = new AbortController()
      const { signal } = controller
      const waiting = [promises.setTimeout(5, 'rang', { signal }), promises.setImmediate('rang', { signal })]
      controller.abort()
      for (const one of waiting) say(await one.catch((error) => error.code))
      for (const one of [promises.setTimeout(5, 'rang', { signal }), promises.setImmediate('rang', { signal })])
        say(await one.catch((error) => error.code))
    })
    expect(crashes).toEqual([])
    expect(said).toEqual(Array.from({ length: 4 }, () => ['ABORT_ERR', 0]))
  })

  it('refuses what is no callback as ever', async () => {
    const none = undefined as unknown as () => void
    const { crashes } = await live(async () => setTimeout(none, 5))
    expect(crashes).toMatchObject([{ code: 'ERR_INVALID_ARG_TYPE' }])
  })
})
