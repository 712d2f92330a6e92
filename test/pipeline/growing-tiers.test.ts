import { describe, expect, it } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { connect, type Millrace, type RetryLaterPolicy, retryLater, stream } from '../../src/index.ts'

const input = topic('in', { key: text, value: int32, partitions: 1 })
const done = topic('done', { key: text, value: int32, partitions: 1 })

/** A pipeline that has put off its first record until the service is well, and whose topic then grows under it. */
const grown = async (onError: RetryLaterPolicy) => {
  const millrace = await connect('memory:')
  await millrace.create(input, done)
  const service = { isWell: false }
  const pipeline = stream(input).pipe(
    mapValue((value) => {
      if (!service.isWell) throw new Error('away')
      return value
    }),
    to(done),
  )
  const run = () => millrace.run('p', pipeline, { onError })
  const running = await run()
  await millrace.send(input, [{ key: 'a', value: 0 }])
  await running.caughtUp()
  await millrace.grow(input, 3, { keysMayMove: true })
  for (const partition of [0, 1, 2]) await millrace.send(input, [{ key: 'a', value: 1 + partition, partition }])
  service.isWell = true
  return { millrace, running, run }
}

const firstDone = async (millrace: Millrace, count: number): Promise<readonly number[]> => {
  const values: number[] = []
  for await (const { value } of millrace.read(done)) if (values.push(value) === count) break
  return values.sort((a, b) => a - b)
}

describe('a topic that grows under a pipeline whose records come back', () => {
  it('ends the run, which says that it is to be run again: then all goes on', async () => {
    const { millrace, running, run } = await grown(retryLater({ tiers: ['50ms'], exhausted: 'halt' }))
    await expect(running.done).rejects.toThrow('run it again: they grow then, and what waits there comes back')
    await run()
    expect(await firstDone(millrace, 4)).toEqual([0, 1, 2, 3])
    await millrace.close()
  })

  it('does not grow where order is kept: what waits in order would not move with its keys', async () => {
    const growing = grown(retryLater({ tiers: ['50ms'], ordered: true, exhausted: 'halt' }))
    await expect(growing).rejects.toThrow("keeps state by its keys (topic 'p--parked-changelog')")
  })
})
