import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const pipeline = { topics: [input], operators: [to(out)] as unknown as Operators }
const times = { rebalanceTimeoutMs: 5_000, sessionTimeoutMs: 10_000 }

/** The same engine, whose transactions write nothing before `open`: a broker that is slow, and not the group's. */
const slowToWrite = (engine: Engine, open: Promise<void>): Engine => ({
  ...engine,
  transactions: (options) => async () => {
    const opened = await engine.transactions(options)()
    if (E.isLeft(opened)) return opened
    const { append } = opened.right
    return E.right({
      ...opened.right,
      append: (batches) => async () => {
        await open
        return append(batches)()
      },
    })
  },
})

it('commits nothing of a task that went elsewhere while what it had done was being written', async () => {
  const world = new EmbeddedWorld()
  const sound = await world.open()
  await world.create([input, out], 2)
  let open: () => void = () => undefined
  world.engine = slowToWrite(
    sound,
    new Promise((resolve) => {
      open = resolve
    }),
  )
  const first = await world.run('p', pipeline, { ...times, instance: 'first' })
  await world.pass(1_000)
  // the task that will go is in the first commit
  for (const partition of [1, 0])
    await world.append(input, partition, [
      { key: `${partition}`, value: 1 },
      { key: `${partition}`, value: 2 },
    ])
  await world.pass(500)
  world.engine = sound
  const second = await world.run('p', pipeline, { ...times, instance: 'second' })
  // the first is waited for no longer, loses a task, and takes part anew
  await world.pass(12_000)
  open()
  await world.pass(3_000)
  await world.while(first.stop())
  await world.while(second.stop())
  expect((await world.committed(out, 2)).flat().toSorted()).toEqual(['0=1', '0=2', '1=1', '1=2'])
})
