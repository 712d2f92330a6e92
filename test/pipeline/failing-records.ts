import * as E from 'fp-ts/lib/Either.js'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import type { DeadLetter } from '../../src/codec/dead-letter.ts'
import { deadLetters } from '../../src/codec/dead-letters.ts'
import { nullable } from '../../src/codec/nullable.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Topic } from '../../src/contracts/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { markedHeaders } from '../../src/protocol/retry/headers.ts'
import { redriveHeader } from '../../src/protocol/retry/redriven-headers.ts'
import type { RetryWorld, Sent } from './simulated-retries.ts'

export const input: Topic<string | null, number> = topic('in', { key: nullable(text), value: int32 })
export const out: Topic<string | null, number> = topic('out', { key: nullable(text), value: int32 })
export const dead: Topic<Uint8Array | null, DeadLetter> = deadLetters('dead')

/** A record for each key, whose values number them. */
export const sent = (...keys: readonly string[]): readonly Sent[] => keys.map((key, value) => ({ key, value }))

/** Fails as often at each value as `times` says, and notes in `tried` what is run. */
export const failing = (times: Readonly<Record<number, number>>, tried: number[] = []): Operators => {
  const left = new Map(Object.entries(times).map(([number, count]) => [Number(number), count]))
  return [
    mapValue((value: number) => {
      tried.push(value)
      const more = left.get(value) ?? 0
      left.set(value, more - 1)
      if (more > 0) throw new Error(`busy ${value}`)
      return value
    }),
    to(out),
  ] as unknown as Operators
}

/** The values that came out, as they were committed. */
export const outputsOf = (world: RetryWorld): number[] =>
  world.written
    .filter(({ topic: name }) => name === 'out')
    .map(({ value }) => (value === null ? -1 : Buffer.from(value).readInt32BE()))

/** The letters that were written, as they were committed. */
export const letters = (world: RetryWorld): readonly DeadLetter[] =>
  world.written
    .filter(({ topic: name }) => name === 'dead')
    .map(({ value }) => {
      const read = dead.value.decode(value)
      if (E.isLeft(read)) throw new Error('no letter')
      return read.right
    })

/** What lies in a tier of a record that was read at `offset` of `topic`, whose value that is. */
export interface CameBack {
  readonly tier: string
  readonly topic?: string
  readonly key: string
  readonly offset: number
  /** How often it was put off. */
  readonly attempts?: number
  readonly headers?: ReadonlyMap<string, Uint8Array>
}

/** A record that was put off by another run comes back. */
export const comesBack = (
  world: RetryWorld,
  { tier, topic = 'in', key, offset, attempts = 0, headers = new Map() }: CameBack,
): void =>
  world.put(tier, {
    timestamp: 0,
    key: Buffer.from(key),
    value: int32.encode(offset),
    headers: markedHeaders(headers, {
      origin: { topic, partition: 0, offset, timestamp: 1_000 + offset },
      history: { attempts, firstFailedAtMs: attempts === 0 ? undefined : 5 },
      dueAtMs: 0,
    }),
  })

/** What a record of `in` carries that comes back from the dead letters. */
export const redriven = (offset: number): ReadonlyMap<string, Uint8Array> =>
  new Map([
    [redriveHeader.count, Buffer.from('1')],
    [redriveHeader.origin, Buffer.from(`in-0-${offset}`)],
  ])
