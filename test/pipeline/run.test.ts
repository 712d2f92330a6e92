import { concatMap, map, type OperatorFunction, of, tap } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { inBatches } from '../../operators/in-batches.ts'
import { mapAsync } from '../../operators/map-async.ts'
import { mapValue } from '../../operators/map-value.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { deadLetters } from '../../src/codec/dead-letters.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { deadLetter } from '../../src/pipeline/dead-letter-policy.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import type { Described } from '../../src/pipeline/plan.ts'
import type { Progress } from '../../src/pipeline/progress.ts'
import type { Running, RunOptions } from '../../src/pipeline/run.ts'
import { keyedPartition } from '../../src/protocol/client/partitioner.ts'
import { rightOf } from '../support/right-of.ts'
import { EmbeddedWorld, type Sent } from './embedded-world.ts'

type R = StreamRecord<string, number>

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const dead = deadLetters('dead')

const piped = (...operators: unknown[]): Described => ({ topics: [input], operators: operators as Operators })
const numbered = (...values: number[]): Sent[] => values.map((value) => ({ key: `k${value}`, value }))
const failsOn = (...bad: number[]) =>
  mapValue((v: number) => {
    if (bad.includes(v)) throw new Error(`no ${v}`)
    return v
  })

const opened = async (partitions = 1, topics: readonly AnyTopic[] = [input, out, dead]): Promise<EmbeddedWorld> => {
  const world = new EmbeddedWorld()
  await world.open()
  await world.create(topics, partitions)
  return world
}

const heard = (running: Running): Notice[] => {
  const notices: Notice[] = []
  running.errors$.subscribe((notice) => notices.push(notice))
  return notices
}

const values = (partitions: readonly (readonly string[])[]): number[] =>
  partitions.flat().map((line) => Number(line.split('=')[1]))

/** Runs until everything is done; answers what was written, and what was told. */
const outcome = async (world: EmbeddedWorld, pipeline: Described, options: RunOptions = {}) => {
  const running = await world.run('p', pipeline, options)
  const notices = heard(running)
  await world.caughtUp(running)
  await world.while(running.stop())
  return { written: values(await world.committed(out, 1)), notices, running }
}

describe('a guarantee', () => {
  it.each(['exactly-once', 'at-least-once', 'at-most-once'] as const)(
    '%s writes all there is, and goes on where it stopped',
    async (guarantee) => {
      const world = await opened()
      await world.append(input, 0, numbered(1, 2, 3))
      expect((await outcome(world, piped(to(out)), { guarantee })).written).toEqual([1, 2, 3])
      await world.append(input, 0, numbered(4, 5))
      expect((await outcome(world, piped(to(out)), { guarantee })).written).toEqual([1, 2, 3, 4, 5])
    },
  )

  it.each([
    ['at-least-once', [1, 2]],
    ['at-most-once', []],
  ] as const)('%s, after a record has run and nothing was written, gives %j', async (guarantee, expected) => {
    const world = await opened()
    await world.append(input, 0, numbered(1, 2))
    const tried: number[] = []
    const hangs = mapAsync((v: number) => (tried.push(v), new Promise<number>(() => undefined)))
    await world.run('p', piped(hangs, to(out)), { guarantee })
    await world.pass(100)
    expect(tried).toEqual([1])
    world.disk.crash = 'kill'
    world.disk.die()
    await world.open()
    expect((await outcome(world, piped(to(out)), { guarantee })).written).toEqual(expected)
  })
})

describe('onError', () => {
  it('halts where nothing is said: the record runs again until it succeeds, and nothing overtakes it', async () => {
    const world = await opened()
    await world.append(input, 0, numbered(1, 2, 3))
    let failures = 3
    const flaky = mapValue((v: number) => {
      if (v === 2 && failures-- > 0) throw new Error('not yet')
      return v
    })
    const { written, notices } = await outcome(world, piped(flaky, to(out)))
    expect(written).toEqual([1, 2, 3])
    expect(notices).toHaveLength(3)
    expect(notices[0]).toMatchObject({ _tag: 'record-failed', recordId: 'in-0-1', failures: 1, policy: 'halt' })
    expect(notices[0]?.message).toMatch(
      /pipeline 'p': record 'in-0-1' failed \(1\): Error: not yet; it runs again in \d+ ms/,
    )
  })

  it('skips, and counts', async () => {
    const world = await opened()
    await world.append(input, 0, numbered(1, 2, 3))
    const running = await world.run('p', piped(failsOn(2), to(out)), { onError: 'skip' })
    let skipped = 0
    running.metrics$.subscribe((metrics) => {
      skipped = metrics.skipped
    })
    await world.caughtUp(running)
    await world.while(running.stop())
    expect(values(await world.committed(out, 1))).toEqual([1, 3])
    expect(skipped).toBe(1)
  })

  it('writes a dead letter in the same transaction, with the bytes as they were and the reason', async () => {
    const world = await opened()
    await world.append(input, 0, [...numbered(1, 2), { key: 'bad', value: new Uint8Array([7]) }, ...numbered(3)])
    const { written } = await outcome(world, piped(failsOn(2), to(out)), { onError: deadLetter(dead) })
    expect(written).toEqual([1, 3])
    const letters = (await world.committed(dead, 1)).flat()
    expect(letters).toHaveLength(2)
    const [first, second] = letters.map((line) => JSON.parse(line.slice(line.indexOf('=') + 1)))
    expect(first).toMatchObject({
      reason: 'Error: no 2',
      pipeline: 'p',
      source: { topic: 'in', partition: 0, offset: 1 },
    })
    expect(second).toMatchObject({
      error: { name: 'DecodeError' },
      record: { value: Buffer.from([7]).toString('base64') },
    })
    expect(second.error.report.join()).not.toBe('')
  })

  it('chooses by error and record among policies listed beside it', async () => {
    const world = await opened()
    await world.append(input, 0, numbered(1, 2, 3, 4))
    const choose = (_error: unknown, r: R) => (r.value === 2 ? ('skip' as const) : deadLetter(dead))
    const onError = { policies: ['skip', deadLetter(dead)], choose } as unknown as NonNullable<RunOptions['onError']>
    expect((await outcome(world, piped(failsOn(2, 3), to(out)), { onError })).written).toEqual([1, 4])
    expect((await world.committed(dead, 1)).flat()).toHaveLength(1)
  })

  it('halts, and says why, where the function throws or chooses a topic that nobody knew of', async () => {
    for (const [choose, complaint] of [
      [() => deadLetter(dead), "topic 'dead' is neither listed beside the function nor in uses"],
      [
        () => {
          throw new Error('oops')
        },
        'onError itself threw: Error: oops',
      ],
      [() => 'retry', 'onError answered "retry", which is no policy'],
    ] as const) {
      const world = await opened()
      await world.append(input, 0, numbered(1))
      const running = await world.run('p', piped(failsOn(1), to(out)), { onError: choose as never })
      const notices = heard(running)
      await world.pass(200)
      expect(notices[0]?.message).toContain(complaint)
      await world.while(running.stop())
    }
  })

  it('gives nothing up in an outage: many different keys in a row make it wait', async () => {
    const world = await opened()
    await world.append(input, 0, numbered(1, 2, 3, 4, 5, 6))
    let isDown = true
    const service = mapValue((v: number) => {
      if (isDown) throw new Error('503')
      return v
    })
    const running = await world.run('p', piped(service, to(out)), { onError: deadLetter(dead), outageAfter: 3 })
    const notices = heard(running)
    await world.pass(60_000)
    expect(notices.filter(({ _tag }) => _tag === 'outage')).toHaveLength(1)
    expect((await world.committed(dead, 1)).flat()).toHaveLength(2)
    isDown = false
    await world.caughtUp(running)
    await world.while(running.stop())
    expect(values(await world.committed(out, 1))).toEqual([3, 4, 5, 6])
  })
})

describe('run', () => {
  it.each<readonly [string, Described, RunOptions, RegExp]>([
    [
      'a topic that it reads and nobody created',
      { topics: [topic('nowhere', { key: text, value: int32 })], operators: [] },
      {},
      /needs topic 'nowhere', which disk: does not have: await millrace\.create/,
    ],
    ['a topic that it writes and nobody created', piped(to(topic('gone', { key: text, value: int32 }))), {}, /'gone'/],
    [
      'topics of different partition counts',
      { topics: [input, topic('wide', { key: text, value: int32 })], operators: [] },
      {},
      /'in' has 1, 'wide' has 3/,
    ],
    ['a guarantee that is none', piped(), { guarantee: 'twice' as never }, /guarantee "twice" is none/],
    ['an option that is none', piped(), { concurency: 3 } as never, /no option 'concurency'/],
    [
      'a concurrency that is none',
      piped(),
      { concurrency: 0 },
      /concurrency is a whole number of at least 1, and not 0/,
    ],
    ['a rate that is none', piped(), { rate: 'fast' as never }, /rate 'fast' is none/],
  ])('refuses %s, by name', async (_what, pipeline, options, message) => {
    const world = await opened()
    await world.create([topic('wide', { key: text, value: int32 })], 3)
    await expect(world.run('p', pipeline, options)).rejects.toThrow(message)
    await world.append(input, 0, numbered(1))
    expect((await outcome(world, piped(to(out)))).written).toEqual([1]) // and leaves nothing behind
  })

  it('is refused under the name of a pipeline at work on other topics, which goes on', async () => {
    const other = topic('other', { key: text, value: int32 })
    const world = await opened(2, [input, out, other])
    const running = await world.run('p', piped(to(out)))
    await world.append(input, 0, numbered(1))
    await world.caughtUp(running)
    const newcomer = await world.run('p', { topics: [other], operators: [] })
    await expect(world.while(newcomer.done)).rejects.toThrow(
      /'p' is at work on other topics: give what reads these another name, .*it reads in; these are other/,
    )
    await world.append(input, 1, numbered(2))
    await world.caughtUp(running)
    await world.while(running.stop())
    expect(values(await world.committed(out, 2))).toEqual([1, 2])
  })

  it('refuses to go on with state that was kept for another partition count', async () => {
    const world = await opened()
    const sum = scanByKey(store('sum', { key: text, value: int32 }), 0, (s, v: number) => s + v)
    await world.append(input, 0, numbered(1))
    await outcome(world, piped(sum, to(out)))
    await world.while(world.live.topics.grow('in', 2)())
    await expect(world.run('p', piped(sum, to(out)))).rejects.toThrow(
      /has 2 tasks, and the state of its store 'sum' was kept for 1/,
    )
  })

  it('ends where a topic grows whose keys have state, and says why', async () => {
    const world = await opened()
    const sum = scanByKey(store('sum', { key: text, value: int32 }), 0, (s, v: number) => s + v)
    await world.append(input, 0, numbered(1))
    const running = await world.run('p', piped(sum, to(out)))
    await world.caughtUp(running)
    await world.while(world.live.topics.grow('in', 2)())
    await expect(world.while(running.done)).rejects.toThrow(
      /has 2 tasks, and the state of its store 'sum' was kept for 1/,
    )
  })

  it('ends where one of the topics that it reads grows alone, and names it and them', async () => {
    const second = topic('second', { key: text, value: int32 })
    const world = await opened(1, [input, second, out])
    const running = await world.run('p', { topics: [input, second], operators: [to(out)] as unknown as Operators })
    await world.append(input, 0, numbered(1))
    await world.caughtUp(running)
    await world.while(world.live.topics.grow('in', 2)())
    await expect(world.while(running.done)).rejects.toMatchObject({
      code: 'invalid-partitions',
      message: expect.stringMatching(/pipeline 'p'.*in has 2, second has 1.*grow them to one number/),
    })
  })

  it('writes to a topic that has grown by its new count, half a second later at the latest', async () => {
    const world = await opened()
    const running = await world.run('p', piped(to(out)))
    await world.while(world.live.topics.grow('out', 3)())
    await world.pass(500)
    const sent = numbered(...Array.from({ length: 20 }, (_, i) => i))
    await world.append(input, 0, sent)
    await world.caughtUp(running)
    await world.while(running.stop())
    const expected = sent.map(({ key, value }) => [keyedPartition(text.encode(key as string) as Uint8Array, 3), value])
    const written = (await world.committed(out, 3)).flatMap((lines, partition) =>
      values([lines]).map((value) => [partition, value]),
    )
    const byValue = (all: unknown[][]) => all.sort((a, b) => Number(a[1]) - Number(b[1]))
    expect(byValue(written)).toEqual(byValue(expected))
  })

  it('ends when a record without a task would have been lost', async () => {
    const world = await opened()
    await world.append(input, 0, numbered(1))
    const cloned = map((r: R) => structuredClone({ ...r, headers: new Map() })) as OperatorFunction<unknown, unknown>
    const running = await world.run('p', piped(cloned, to(out)))
    await expect(world.while(running.done)).rejects.toThrow(/belongs to no task/)
  })

  it.each([
    ['at once', []],
    ['later', [mapAsync(async (v: string) => v)]],
  ])('keeps state of no bytes under a key of no bytes, set %s', async (_when, before) => {
    const texts = topic('texts', { key: text, value: text })
    const last = scanByKey(store('last', { key: text, value: text }), 'none', (_, v: string) => v)
    const world = await opened(1, [texts])
    const running = await world.run('p', { topics: [texts], operators: [...before, last] as unknown as Operators })
    for (const value of ['a', '']) {
      await world.append(texts, 0, [{ key: '', value }])
      await world.caughtUp(running)
    }
    await world.while(running.stop())
    const changelog = topic('p--last-changelog', { key: text, value: text })
    expect(await world.committed(changelog, 1)).toEqual([['="a"', '=""']])
  })

  it('fails a record whose operators hide a store above inBatches, where its state would be undecided', async () => {
    const world = await opened()
    const sum = store('sum', { key: text, value: int32 })
    const hidden = concatMap((r: R) => of(r).pipe(scanByKey(sum, 0, (s, v: number) => s + v)))
    await world.append(input, 0, numbered(1, 1))
    const options = { uses: [sum], onError: 'skip' } as const
    const running = await world.run(
      'p',
      piped(
        hidden,
        inBatches(() => {}),
        to(out),
      ),
      options,
    )
    const notices = heard(running)
    await world.caughtUp(running)
    await world.while(running.stop())
    const refused = { _tag: 'record-failed', error: expect.objectContaining({ _tag: 'StoreAboveBatches' }) }
    expect(notices).toEqual([expect.objectContaining(refused), expect.objectContaining(refused)])
    expect(await world.committed(out, 1)).toEqual([[]])
  })

  it('keeps state in a compacted changelog, and restores it', async () => {
    const world = await opened()
    const sum = scanByKey(store('sum', { key: text, value: int32 }), 0, (s, v: number) => s + v)
    await world.append(input, 0, [
      { key: 'a', value: 1 },
      { key: 'a', value: 2 },
    ])
    expect((await outcome(world, piped(sum, to(out)))).written).toEqual([1, 3])
    await world.append(input, 0, [{ key: 'a', value: 4 }])
    expect((await outcome(world, piped(sum, to(out)))).written).toEqual([1, 3, 7])
    const [changelog] = rightOf(await world.live.topics.describe(['p--sum-changelog'])())
    expect(changelog?.config).toEqual({ 'cleanup.policy': 'compact', 'segment.bytes': 64 * 1024 * 1024 })
    expect((await world.committed(topic('p--sum-changelog', { key: text, value: int32 }), 1)).flat().at(-1)).toBe('a=7')
  })

  it('refuses to keep state in a topic that is not compacted', async () => {
    const sum = scanByKey(store('sum', { key: text, value: int32 }), 0, (s, v: number) => s + v)
    const world = await opened(1, [input, out, topic('p--sum-changelog', { key: text, value: int32 })])
    await expect(world.run('p', piped(sum, to(out)))).rejects.toThrow(
      "keeps its store 'sum' in topic 'p--sum-changelog', and the topic of that name has cleanup.policy 'delete'",
    )
  })

  it('enters records at its rate', async () => {
    const world = await opened()
    await world.append(input, 0, numbered(...Array.from({ length: 300 }, (_, i) => i)))
    const entered: number[] = []
    const running = await world.run('p', piped(tap(() => entered.push(world.clock.elapsed()))), { rate: '100/s' })
    await world.pass(1_000)
    expect(entered.length).toBeGreaterThan(90)
    expect(entered.length).toBeLessThan(125)
    await world.caughtUp(running)
    expect(entered).toHaveLength(300)
  })

  it('shares its tasks between instances, and tells the one that gets none', async () => {
    const world = await opened(2)
    const instances: Running[] = []
    const notices: Notice[][] = []
    for (let i = 0; i < 3; i++) {
      const running = await world.run('p', piped(to(out)))
      instances.push(running)
      notices.push(heard(running))
      await world.pass(10_000)
    }
    const shares: number[] = []
    for (const running of instances) {
      const progress = await world.while(new Promise<Progress>((resolve) => running.progress$.subscribe(resolve)))
      shares.push(progress.tasks)
    }
    expect([...shares].sort()).toEqual([0, 1, 1])
    expect(notices[shares.indexOf(0)]).toMatchObject([{ _tag: 'no-task', members: 3 }])
    for (let partition = 0; partition < 2; partition++) await world.append(input, partition, numbered(1, 2, 3))
    for (const running of instances) await world.caughtUp(running)
    expect(notices.flat()).toHaveLength(1)
    expect(values(await world.committed(out, 2)).sort()).toEqual([1, 1, 2, 2, 3, 3])
    await world.while(Promise.all(instances.map((running) => running.stop())))
  })

  it('hands tasks over in good order without a word', async () => {
    const world = await opened(4)
    for (let partition = 0; partition < 4; partition++)
      await world.append(input, partition, numbered(...Array.from({ length: 200 }, (_, i) => i)))
    const work = mapAsync((v: number) => new Promise<number>((resolve) => world.clock.after(20, () => resolve(v))))
    const instances: Running[] = []
    const notices: Notice[][] = []
    for (let i = 0; i < 3; i++) {
      const running = await world.run('p', piped(work, to(out)))
      instances.push(running)
      notices.push(heard(running))
      await world.pass(700)
    }
    for (const running of instances) await world.caughtUp(running)
    expect(notices.flat()).toEqual([])
    await world.while(Promise.all(instances.map((running) => running.stop())))
  })

  it('hands tasks over with everything committed, each record once', async () => {
    const world = await opened(4)
    const all: number[] = []
    for (let partition = 0; partition < 4; partition++) {
      const mine = Array.from({ length: 40 }, (_, i) => partition * 100 + i)
      all.push(...mine)
      await world.append(input, partition, numbered(...mine))
    }
    const work = mapAsync((v: number) => new Promise<number>((resolve) => world.clock.after(20, () => resolve(v))))
    const first = await world.run('p', piped(work, to(out)))
    await world.pass(150)
    const second = await world.run('p', piped(work, to(out)))
    await world.pass(300)
    await world.while(first.stop())
    await world.caughtUp(second)
    await world.while(second.stop())
    expect(values(await world.committed(out, 4)).sort((a, b) => a - b)).toEqual(all)
  })

  it('stops in time: what is under way finishes, what hangs is given up, to be done again', async () => {
    const world = await opened()
    await world.append(input, 0, numbered(1, 2, 3))
    const slow = mapAsync(
      (v: number) => new Promise<number>((resolve) => (v === 3 ? undefined : world.clock.after(500, () => resolve(v)))),
    )
    const running = await world.run('p', piped(slow, to(out)))
    await world.pass(700)
    const stopping = running.stop({ timeoutMs: 2_000 })
    await world.while(stopping)
    expect(values(await world.committed(out, 1))).toEqual([1, 2])
    await running.done
    const again = await world.run('p', piped(slow, to(out)))
    await world.pass(1_000)
    await world.while(again.stop({ timeoutMs: 100 }))
    expect(values(await world.committed(out, 1))).toEqual([1, 2])
    expect((await outcome(world, piped(to(out)))).written).toEqual([1, 2, 3])
  })

  it('stops in its own time, whatever a rebalance would allow; tasks that move have half of that', async () => {
    const world = await opened(2)
    for (const partition of [0, 1]) await world.append(input, partition, numbered(partition + 1))
    const slow = mapAsync((v: number) => new Promise<number>((resolve) => world.clock.after(3_000, () => resolve(v))))
    const options = { rebalanceTimeoutMs: 2_000 }
    const first = await world.run('p', piped(slow, to(out)), options)
    await world.pass(100)
    const second = await world.run('p', piped(slow, to(out)), options)
    await world.pass(700)
    const stopping = first.stop({ timeoutMs: 10_000 })
    await world.pass(2_500)
    // the task that moved was given up, and is being done again
    expect(values(await world.committed(out, 2))).toHaveLength(1)
    await world.while(stopping)
    await world.while(second.stop({ timeoutMs: 10_000 }))
    expect(values(await world.committed(out, 2)).sort()).toEqual([1, 2])
  })

  it('ends with the engine, and says so', async () => {
    const world = await opened()
    const running = await world.run('p', piped(to(out)))
    await world.pass(100)
    await world.while(world.live.close()())
    await expect(world.while(running.done)).rejects.toMatchObject({ code: 'closed' })
  })

  it('fails a record that is too large for its topic, and goes on', async () => {
    const small = topic('small', { key: text, value: text, config: { 'max.message.bytes': 1_000 } })
    const world = await opened(1, [input, small])
    await world.append(input, 0, numbered(1, 2, 3))
    const swollen = mapValue((v: number) => 'x'.repeat(v === 2 ? 5_000 : 5))
    const running = await world.run('p', piped(swollen, to(small)), { onError: 'skip' })
    const notices = heard(running)
    await world.caughtUp(running)
    await world.while(running.stop())
    expect((await world.committed(small, 1)).flat()).toHaveLength(2)
    expect(notices[0]?.message).toMatch(/record 'in-0-1' writes 5072 bytes to topic 'small', which takes 1000/)
  })
})
