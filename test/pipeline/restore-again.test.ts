import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine, Fetched, Reader } from '../../src/contracts/engine.ts'
import { engineFailure } from '../../src/contracts/failure.ts'
import type { TopicPartition } from '../../src/contracts/position.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const total = store('total', { key: text, value: int32 })
const sum = scanByKey(total, 0, (sum: number, value: number) => sum + value)
const pipeline = { topics: [input], operators: [sum, to(out)] as unknown as Operators }

const failure = engineFailure('not-leader', 'the leader moves')
const isOfChangelog = ({ topic }: TopicPartition): boolean => topic === 'p--total-changelog'

/** The first question of its kind about the changelog fails, in a way that passes. */
const failing = (engine: Engine, what: 'fetch' | 'partition' | 'settled' | 'offsets'): Engine => {
  let failures = 0
  const fails = (kind: typeof what, about: readonly TopicPartition[]): boolean =>
    kind === what && about.some(isOfChangelog) && failures++ === 0
  const { fetch, settled, offsets } = engine.reader
  const reader: Reader = {
    fetch: (request) => async () => {
      if (fails('fetch', request.positions)) return E.left(failure)
      if (!fails('partition', request.positions)) return fetch(request)()
      const nothing = { batches: [], highWatermark: 0, lastStableOffset: 0, startOffset: 0, failure }
      return E.right(request.positions.map(({ offset, ...at }): Fetched => ({ ...at, ...nothing, nextOffset: offset })))
    },
    settled: (of, signal) => (fails('settled', of) ? () => Promise.resolve(E.left(failure)) : settled(of, signal)),
    offsets: (of, isolation) =>
      fails('offsets', of) ? () => Promise.resolve(E.left(failure)) : offsets(of, isolation),
  }
  return { ...engine, reader }
}

it.each(['fetch', 'partition', 'settled', 'offsets'] as const)(
  'state is restored where reading its changelog fails once, and that passes: %s',
  async (what) => {
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input, out], 1)
    await world.append(input, 0, [
      { key: 'k', value: 1 },
      { key: 'k', value: 2 },
    ])
    const first = await world.run('p', pipeline)
    await world.caughtUp(first)
    await world.while(first.stop())
    const sound = world.live
    world.engine = failing(sound, what)
    const second = await world.run('p', pipeline)
    await world.append(input, 0, [{ key: 'k', value: 3 }])
    await world.caughtUp(second)
    await world.while(second.stop())
    world.engine = sound
    expect((await world.committed(out, 1)).flat()).toEqual(['k=1', 'k=3', 'k=6'])
  },
)
