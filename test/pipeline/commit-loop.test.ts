import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })

describe('a commit', () => {
  it.each([
    ['one subscription for many', mapValue((value: number) => value)],
    ['one for each', mapAsync(async (value: number) => value)],
  ])('frees what it wrote: records whose outputs take far more than the bound go on (%s)', async (_how, work) => {
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input, out], 1)
    const sent = Array.from({ length: 100 }, (_, value) => ({ key: 'k', value }))
    await world.append(input, 0, sent)
    const operators = [work, to(out)] as unknown as Operators
    const running = await world.run('p', { topics: [input], operators }, { outputBytesMax: 200 })
    await world.caughtUp(running)
    await world.while(running.stop())
    expect((await world.committed(out, 1)).flat()).toEqual(sent.map(({ value }) => `k=${value}`))
  })
})
