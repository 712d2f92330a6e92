import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Call, Engine, Reader, TransactionalProducer } from '../../src/contracts/engine.ts'
import { engineFailure } from '../../src/contracts/failure.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { EmbeddedWorld } from './embedded-world.ts'

/**
 * What becomes of a call: nothing happens to it, it is refused for now, or its answer is lost, after or before it
 * happened; a commit that is refused for now may come through all the same.
 */
type Fault = 'none' | 'retriable' | 'answer-lost' | 'call-lost' | 'comes-through'

/** An engine whose calls fail as a tape says; behind its end all go well. */
const faulty = (
  engine: Engine,
  tapes: { readonly producing: readonly Fault[]; readonly fetching: readonly Fault[] },
): Engine => {
  const producing = tapes.producing.values()
  const fetching = tapes.fetching.values()
  const failing =
    <A>(call: Call<A>, faults = producing, isCommit = false): Call<A> =>
    async () => {
      const fault = faults.next().value ?? 'none'
      if (fault === 'retriable' || (fault === 'comes-through' && !isCommit))
        return E.left(engineFailure('storage-full', 'no room'))
      if (fault === 'call-lost') return E.left(engineFailure('timed-out', 'no answer'))
      const answer = await call()
      if (fault === 'comes-through') return E.left(engineFailure('storage-full', 'no room'))
      return fault === 'answer-lost' ? E.left(engineFailure('timed-out', 'no answer')) : answer
    }
  const producer = (of: TransactionalProducer): TransactionalProducer => ({
    append: (batches) => failing(of.append(batches)),
    sendOffsets: (token, offsets) => failing(of.sendOffsets(token, offsets)),
    commit: () => failing(of.commit(), producing, true),
    abort: () => failing(of.abort()),
    close: of.close,
  })
  const reader: Reader = { ...engine.reader, fetch: (request) => failing(engine.reader.fetch(request), fetching) }
  return {
    ...engine,
    reader,
    transactions: (options) => async () => {
      const opened = await failing(engine.transactions(options))()
      return E.isLeft(opened) ? opened : E.right(producer(opened.right))
    },
  }
}

const input = topic('in', { key: text, value: int32 })
const sums = topic('sums', { key: text, value: int32 })
const total = store('total', { key: text, value: int32 })
const tape = (maxLength: number) =>
  fc.array(fc.constantFrom<Fault>('none', 'none', 'none', 'retriable', 'answer-lost', 'call-lost', 'comes-through'), {
    maxLength,
  })
const tapes = fc.record({ producing: tape(50), fetching: tape(5) })

describe('exactly once', () => {
  it('holds whatever calls fail, and whichever answers are lost', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 12 }),
        tapes,
        async (values, tapes) => {
          const world = new EmbeddedWorld()
          await world.open()
          await world.create([input, sums], 1)
          const sound = world.live
          world.engine = faulty(sound, tapes)
          const operators = [scanByKey(total, 0, (sum, value: number) => sum + value), to(sums)] as unknown as Operators
          const running = await world.run('p', { topics: [input], operators })
          for (let at = 0; at < values.length; at += 3) {
            const sent = values.slice(at, at + 3).map((value) => ({ key: 'k', value }))
            await world.append(input, 0, sent)
            await world.caughtUp(running)
          }
          await world.while(running.stop())
          world.engine = sound
          let sum = 0
          const expected = values.map((value) => `k=${(sum += value)}`)
          expect((await world.committed(sums, 1)).flat()).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    ))

  it('ends the older of two runs that go by one name', async () => {
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input, sums], 2)
    const operators = [to(sums)] as unknown as Operators
    const older = await world.run('p', { topics: [input], operators })
    await world.pass(1_000)
    // as another process on the same cluster would, which cannot know that the name is taken
    world.engine = { ...world.live }
    await world.run('p', { topics: [input], operators })
    for (let partition = 0; partition < 2; partition++)
      await world.append(input, partition, [{ key: `${partition}`, value: 1 }])
    await expect(world.while(older.done)).rejects.toMatchObject({ kind: 'fatal' })
  })
})
