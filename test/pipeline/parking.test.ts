import { describe, expect, it } from 'vitest'
import { deadLetters } from '../../src/codec/dead-letters.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import { deadLetter, deadLetterKey } from '../../src/pipeline/dead-letter-policy.ts'
import { type RetryLaterOptions, type RetryLaterPolicy, retryLater } from '../../src/pipeline/retry-later.ts'
import { EmbeddedWorld } from './embedded-world.ts'
import { comesBack, dead, failing, input, letters, out, outputsOf, sent } from './failing-records.ts'
import { RetryWorld } from './simulated-retries.ts'

const inOrder = (options: Partial<RetryLaterOptions> = {}): RetryLaterPolicy =>
  retryLater({ tiers: ['10ms', '100ms'], ordered: true, exhausted: deadLetter(dead), jitter: 0, ...options })

describe('a record that a function puts off in order', () => {
  const plain = retryLater({ tiers: ['10ms', '100ms'], exhausted: 'halt', jitter: 0 })

  it.each<readonly [string, RetryLaterPolicy, RetryLaterPolicy, string]>([
    ['a policy that keeps order', plain, inOrder(), 'a policy with ordered: true'],
    ['deadLetterKey', inOrder(), inOrder({ exhausted: deadLetterKey(dead) }), "deadLetterKey('dead')"],
    [
      'deadLetterKey with that topic',
      inOrder({ exhausted: deadLetterKey(deadLetters('other')) }),
      inOrder({ exhausted: deadLetterKey(dead) }),
      "deadLetterKey('dead')",
    ],
  ])('halts where %s is not listed', async (_what, listed, chosen, missing) => {
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 1 }) },
      input: sent('k', 'k'),
      onError: { policies: [listed], choose: () => chosen },
    })
    await world.finish()
    expect(world.notices.map((notice) => notice._tag === 'record-failed' && notice.policy)).toEqual([
      `halt, since ${missing} is not listed beside the function`,
    ])
    expect(outputsOf(world)).toEqual([0, 1])
  })
})

describe('a record that waits and was read from a topic that is read no more', () => {
  it('goes to the dead letters as what it was, with what waits behind it', async () => {
    const other = topic('other', { key: text, value: int32 })
    const world = new EmbeddedWorld(1)
    await world.open()
    await world.create([input, other, out, dead], 1)
    const run = (topics: readonly AnyTopic[]) =>
      world.run('p', { topics, operators: failing({ 7: 9 }) }, { onError: inOrder({ tiers: ['1s'] }) })
    await world.append(other, 0, [
      { key: 'k', value: 7 },
      { key: 'k', value: 8 },
    ])
    world.disk.settle()
    const first = await run([input, other])
    await world.pass(300)
    await world.while(first.stop())
    const next = await run([input])
    await world.pass(3_000)
    await world.while(next.stop())
    const written = (await world.committed(dead, 1)).flat().map((line) => JSON.parse(line.slice(line.indexOf('=') + 1)))
    const asBase64 = (value: number): string => Buffer.from(int32.encode(value) as Uint8Array).toString('base64')
    expect(
      written.map(({ source, record, error, attempts }) => [
        source.topic,
        source.offset,
        record.value,
        error.name,
        attempts,
      ]),
    ).toEqual([
      ['other', 0, asBase64(7), 'UnknownOrigin', 1],
      ['other', 1, asBase64(8), 'UnknownOrigin', 0],
    ])
  })

  it('does not give up what waits before it of its key', async () => {
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 1 }) },
      input: sent('k', 'k'),
      onError: inOrder({ exhausted: deadLetterKey(dead) }),
    })
    await world.settle()
    comesBack(world, { tier: '10ms', topic: 'other', key: 'k', offset: 9, attempts: 1 })
    await world.finish()
    expect(outputsOf(world)).toEqual([0, 1])
    expect(letters(world).map(({ source, attempts }) => [source.topic, source.offset, attempts])).toEqual([
      ['other', 9, 1],
    ])
  })
})

describe('a record that has no room to wait in order', () => {
  it('has its tries in place, and is given up then: those that have room go on', async () => {
    const tried: number[] = []
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 1, 1: 1e9 }, tried) },
      input: sent('a', 'b', 'c'),
      onError: inOrder({ maxParked: 2 }),
    })
    await world.finish()
    const told = world.notices.flatMap((notice) => (notice._tag === 'record-failed' ? [notice] : []))
    expect(told.map(({ recordId, policy, retryInMs }) => [recordId, policy, retryInMs])).toEqual([
      ['in-0-0', 'retryLater', 10],
      ['in-0-1', 'halt', 10],
      ['in-0-1', 'halt', 100],
      ['in-0-1', 'deadLetter(dead)', undefined],
    ])
    // what has not been parked has not been put off
    expect(world.counters).toMatchObject({ putOff: 1, parked: 1 })
    expect(tried.filter((value) => value === 1)).toHaveLength(3)
    expect(letters(world).map(({ source, attempts }) => [source.offset, attempts])).toEqual([[1, 3]])
    expect(outputsOf(world)).toEqual([2, 0])
  })
})

describe('a record that was put off and then comes behind others of its key', () => {
  it('goes on with the tries that it has left', async () => {
    const tried: number[] = []
    const ordered = inOrder({ tiers: ['100ms', '100ms'] })
    const plain = retryLater({ tiers: ['10ms', '10ms'], exhausted: deadLetter(dead), jitter: 0 })
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 1e9, 1: 1 }, tried) },
      input: sent('k', 'k'),
      onError: { policies: [plain, ordered], choose: (_error, { offset }) => (offset === 0 ? plain : ordered) },
    })
    await world.finish()
    expect(tried.filter((value) => value === 0)).toHaveLength(3)
    expect(letters(world).map(({ attempts, firstFailedAt }) => [attempts, firstFailedAt])).toEqual([[3, 1_000_000]])
  })
})
