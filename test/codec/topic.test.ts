import * as fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { text } from '../../src/codec/text.ts'
import { maxPartitions, topic } from '../../src/codec/topic.ts'
import type { TopicConfig } from '../../src/contracts/topic.ts'

const named = (name: string): unknown => topic(name, { key: text, value: text })
const set = (config: Readonly<Record<string, unknown>>): unknown =>
  topic('orders', { key: text, value: text, config: config as TopicConfig })
const legal = fc
  .stringMatching(/^[A-Za-z0-9._-]{1,249}$/)
  .filter((name) => name !== '.' && name !== '..' && !name.startsWith('__'))

describe('topic', () => {
  it('is plain data, with one partition and no settings where nothing is said', () => {
    expect(topic('orders', { key: text, value: text })).toEqual({
      name: 'orders',
      key: text,
      value: text,
      partitions: 1,
      config: {},
    })
  })

  it('takes every name that Kafka takes', () =>
    fc.assert(
      fc.property(legal, (name) => {
        expect(named(name)).toMatchObject({ name })
      }),
    ))

  it('refuses every other, naming it', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        fc.pre(!/^[A-Za-z0-9._-]*$/.test(name))
        expect(() => named(name)).toThrow(/ cannot name a topic: .*(use only A-Z|shorten it)/s)
      }),
    ))

  it.each([
    ['', "'' cannot name a topic: it is empty; take 1 to 249 of A-Z, a-z, 0-9, '.', '_' and '-'"],
    ['..', "'..' cannot name a topic: it means a directory; add a letter"],
    ['a/b', "'a/b' cannot name a topic: it has \"/\"; use only A-Z, a-z, 0-9, '.', '_' and '-'"],
    ['x'.repeat(250), `it has 250 characters, and 249 are allowed; shorten it`],
    [
      '__offsets',
      "'__offsets' cannot name a topic: names that begin with '__' are the engine's own; begin with something else",
    ],
    [undefined as never, 'undefined cannot name a topic: it is no string'],
  ])('says of %j what is wrong with it, and the way out', (name, message) => {
    expect(() => named(name)).toThrow(message)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, maxPartitions + 1, '4' as never])(
    'refuses %s partitions',
    (partitions) => {
      expect(() => topic('orders', { key: text, value: text, partitions })).toThrow(
        /topic 'orders' takes 1 to 10000 partitions, and not /,
      )
    },
  )

  it('takes what Kafka takes for each of its settings', () => {
    const config: Required<TopicConfig> = {
      'cleanup.policy': 'compact,delete',
      'compression.type': 'zstd',
      'delete.retention.ms': 0,
      'index.interval.bytes': 0,
      'max.compaction.lag.ms': 1,
      'max.message.bytes': 2 ** 31 - 1,
      'message.timestamp.type': 'LogAppendTime',
      'min.cleanable.dirty.ratio': 0.5,
      'min.compaction.lag.ms': 0,
      'retention.bytes': -1,
      'retention.ms': -1,
      'segment.bytes': 1_048_576,
      'segment.ms': 1,
    }
    expect(set(config)).toMatchObject({ config })
  })

  it.each([
    ['retention.ms', '7d', 'topic \'orders\': retention.ms takes a whole number of milliseconds from -1, and not "7d"'],
    ['retention.ms', -2, 'retention.ms takes a whole number of milliseconds from -1, and not -2'],
    ['segment.bytes', 1, 'segment.bytes takes a whole number of bytes from 14 to 2147483647, and not 1'],
    ['cleanup.policy', 'none', "cleanup.policy takes 'delete' or 'compact' or 'compact,delete', and not \"none\""],
    ['min.cleanable.dirty.ratio', 2, 'min.cleanable.dirty.ratio takes a number from 0 to 1, and not 2'],
    ['retentionMs', 1, "topic 'orders' knows no setting 'retentionMs': did you mean 'retention.ms'?"],
    ['segment.mb', 1, "did you mean 'segment.ms'?"],
    ['toString', 1, "topic 'orders' knows no setting 'toString'"],
    ['replication.factor', 3, "topic 'orders' knows no setting 'replication.factor': it may be cleanup.policy, "],
  ])('says of %s = %j what it takes', (key, value, message) => {
    expect(() => set({ [key]: value })).toThrow(message)
  })

  it('does not change with the options it was made of', () => {
    const config = { 'retention.ms': 1 }
    const made = topic('orders', { key: t.string, value: text, config })
    config['retention.ms'] = 2
    expect(made.config).toEqual({ 'retention.ms': 1 })
  })

  it('says of which part of which topic there is neither codec nor schema', () => {
    expect(() => topic('orders', { key: t.string, value: undefined as never })).toThrow(
      "the value of topic 'orders': undefined is no schema: pass an io-ts type, a Standard Schema validator",
    )
    expect(() => topic('orders', { key: String as never, value: text })).toThrow("the key of topic 'orders': ")
  })
})
