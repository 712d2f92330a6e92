import * as fc from 'fast-check'
import { map } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { to } from '../../operators/to.ts'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { TransactionalProducer } from '../../src/contracts/engine.ts'
import { MillraceError } from '../../src/contracts/failure.ts'
import { UncarriedRecord } from '../../src/contracts/refusal.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Guarantee } from '../../src/pipeline/options.ts'
import { rightOf } from '../support/right-of.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const piped = (...operators: unknown[]) => ({ topics: [input], operators: operators as Operators })

const opened = async (partitions = 1): Promise<EmbeddedWorld> => {
  const world = new EmbeddedWorld()
  await world.open()
  await world.create([input, out], partitions)
  return world
}

const fill = async (world: EmbeddedWorld, counts: readonly number[]): Promise<void> => {
  for (const [partition, count] of counts.entries())
    await world.append(
      input,
      partition,
      Array.from({ length: count }, (_, value) => ({ key: `${partition}`, value })),
    )
}

const written = async (world: EmbeddedWorld, partitions: number): Promise<number> =>
  (await world.committed(out, partitions)).flat().length

/** Whether `promise` is settled after all that can happen without time passing. */
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false
  const settle = (): void => {
    settled = true
  }
  promise.then(settle, settle)
  await new Promise(setImmediate)
  return settled
}

/** Appends one record in a transaction that stays open. */
const openTransaction = async (world: EmbeddedWorld, partition: number): Promise<TransactionalProducer> => {
  const options = { transactionalId: `elsewhere-${partition}`, timeoutMs: 60_000 }
  const producer = rightOf(await world.while(world.live.transactions(options)()))
  const builder = new BatchBuilder({ compression: 'none' })
  builder.add(text.encode('t'), int32.encode(7), new Map(), 1_000)
  rightOf(await world.while(producer.append([{ topic: 'in', partition, bytes: builder.build() }])()))
  return producer
}

describe('caughtUp', () => {
  it('resolves once all that was there is committed, whatever the guarantee, over several tasks', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
        fc.constantFrom<Guarantee>('exactly-once', 'at-least-once', 'at-most-once'),
        fc.boolean(),
        async (counts, guarantee, isAsync) => {
          const world = await opened(counts.length)
          await fill(world, counts)
          const operators = isAsync ? [mapAsync(async (value: number) => value), to(out)] : [to(out)]
          const running = await world.run('p', piped(...operators), { guarantee })
          await world.while(running.caughtUp())
          expect(await written(world, counts.length)).toBe(counts.reduce((sum, count) => sum + count, 0))
          // and where nothing is left, at once
          await world.while(running.caughtUp())
          await world.while(running.stop())
        },
      ),
      { numRuns: 20 },
    ))

  it('waits for what was there when it was called, and not for what comes later', async () => {
    const world = await opened()
    await fill(world, [3])
    // reads what it writes, without end
    const running = await world.run('p', piped(to(input)), { rate: '10/s' })
    await world.while(running.caughtUp())
    await world.while(running.stop())
  })

  it('rejects with the reason that ended the run, then and later', async () => {
    const world = await opened()
    const running = await world.run(
      'p',
      piped(
        map((record: object) => structuredClone(record)),
        to(out),
      ),
    )
    await fill(world, [1])
    const caughtUp = running.caughtUp()
    await expect(world.while(caughtUp)).rejects.toBeInstanceOf(UncarriedRecord)
    const reason: unknown = await running.done.catch((error: unknown) => error)
    expect(await caughtUp.catch((error: unknown) => error)).toBe(reason)
    expect(await running.caughtUp().catch((error: unknown) => error)).toBe(reason)
  })

  it('rejects when it is stopped before, then and later', async () => {
    const world = await opened()
    await fill(world, [2])
    const running = await world.run(
      'p',
      piped(
        mapAsync(() => new Promise(() => undefined)),
        to(out),
      ),
    )
    const caughtUp = running.caughtUp()
    caughtUp.catch(() => undefined)
    await world.pass(100)
    expect(await isSettled(caughtUp)).toBe(false)
    await world.while(running.stop({ timeoutMs: 100 }))
    for (const promise of [caughtUp, running.caughtUp()]) {
      const error: unknown = await promise.catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(MillraceError)
      expect(error).toMatchObject({ code: 'closed' })
      expect(String(error)).toMatch(/pipeline 'p' was stopped before it had caught up/)
    }
  })

  it('resolves where what is left is done while it stops', async () => {
    const world = await opened()
    await fill(world, [1])
    let finish: () => void = () => undefined
    const once = mapAsync((value: number) => new Promise<number>((resolve) => (finish = () => resolve(value))))
    const running = await world.run('p', piped(once, to(out)))
    const caughtUp = running.caughtUp()
    await world.pass(100)
    const stopped = running.stop()
    finish()
    await world.while(stopped)
    await caughtUp
  })

  it('rejects where what was read ahead is left undone as it stops', async () => {
    const world = await opened()
    await fill(world, [5])
    let finish: () => void = () => undefined
    const held = mapAsync((value: number) => new Promise<number>((resolve) => (finish = () => resolve(value))))
    const running = await world.run('p', piped(held, to(out)), { concurrency: 1 })
    const caughtUp = running.caughtUp()
    caughtUp.catch(() => undefined)
    await world.pass(100)
    const stopped = running.stop()
    await world.pass(100)
    finish()
    await world.while(stopped)
    expect(await written(world, 1)).toBe(1)
    await expect(caughtUp).rejects.toMatchObject({ code: 'closed' })
  })

  it('goes on waiting where a task goes elsewhere before what was read ahead is done', async () => {
    const world = await opened(2)
    await fill(world, [0, 5])
    const finish: (() => void)[] = []
    let finished = 0
    const held = mapAsync(async (value: number) => {
      await new Promise<void>((resolve) => finish.push(resolve))
      finished++
      return value
    })
    const running = [await world.run('p', piped(held, to(out)))]
    const finishedThen = running[0]?.caughtUp().then(() => finished)
    await world.pass(100)
    running.push(await world.run('p', piped(held, to(out))))
    await world.pass(1_000)
    for (let rounds = 0; rounds < 20; rounds++) {
      for (const one of finish.splice(0)) one()
      await world.pass(1_000)
    }
    expect(await finishedThen).toBe(5)
    for (const one of running) await world.while(one.stop())
  })

  it('waits for the tasks of other instances too', async () => {
    const world = await opened(2)
    const finish: (() => void)[] = []
    const held = mapAsync((value: number) => new Promise<number>((resolve) => finish.push(() => resolve(value))))
    const first = await world.run('p', piped(held, to(out)))
    const second = await world.run('p', piped(held, to(out)))
    await world.pass(10_000)
    for (const { partition, caller } of [
      { partition: 0, caller: first },
      { partition: 1, caller: second },
      { partition: 0, caller: second },
      { partition: 1, caller: first },
    ]) {
      await world.append(input, partition, [{ key: 'k', value: partition }])
      const caughtUp = caller.caughtUp()
      await world.pass(1_000)
      expect(await isSettled(caughtUp)).toBe(false)
      for (const one of finish.splice(0)) one()
      await world.while(caughtUp)
    }
    expect(await written(world, 2)).toBe(4)
    await Promise.all([world.while(first.stop()), world.while(second.stop())])
  })

  it('waits for transactions that are open, and for no offset that is not a record, here and elsewhere', async () => {
    const world = await opened(2)
    const running = [await world.run('p', piped(to(out))), await world.run('p', piped(to(out)))] as const
    await world.pass(10_000)
    for (const end of ['commit', 'abort'] as const) {
      const open = [await openTransaction(world, 0), await openTransaction(world, 1)]
      const caughtUp = Promise.all(running.map((one) => one.caughtUp()))
      await world.pass(1_000)
      expect(await isSettled(caughtUp)).toBe(false)
      for (const one of open) rightOf(await world.while(one[end]()()))
      await world.while(caughtUp)
      for (const one of open) rightOf(await world.while(one.close()()))
      expect(await written(world, 2)).toBe(2)
    }
    for (const one of running) await world.while(one.stop())
  })
})
