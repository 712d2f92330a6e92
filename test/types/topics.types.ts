import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as t from 'io-ts'
import * as v from 'valibot'
import * as z from 'zod'
import { bytes } from '../../src/codec/bytes.ts'
import { codec } from '../../src/codec/codec.ts'
import { json } from '../../src/codec/json.ts'
import { nullable } from '../../src/codec/nullable.ts'
import { int64 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Codec } from '../../src/contracts/codec.ts'
import type { StoreDeclaration } from '../../src/contracts/store.ts'
import type { Topic } from '../../src/contracts/topic.ts'
import { equal } from './equal.ts'

// Each declaration here must compile, but for the lines that are said not to.

interface Order {
  id: string
  total: number
}

// every library, and codecs, give the same topic
const viaIoTs = topic('orders', { key: t.string, value: t.type({ id: t.string, total: t.number }) })
const viaZod = topic('orders', { key: z.string(), value: z.object({ id: z.string(), total: z.number() }) })
const viaValibot = topic('orders', { key: v.string(), value: v.object({ id: v.string(), total: v.number() }) })
const viaArkType = topic('orders', { key: type('string'), value: type({ id: 'string', total: 'number' }) })
const viaCodecs = topic('orders', { key: text, value: json(t.type({ id: t.string, total: t.number })) })
equal<typeof viaIoTs, Topic<string, Order, 'orders'>>(true)
equal<typeof viaZod, Topic<string, Order, 'orders'>>(true)
equal<typeof viaValibot, Topic<string, Order, 'orders'>>(true)
equal<typeof viaArkType, Topic<string, Order, 'orders'>>(true)
equal<typeof viaCodecs, Topic<string, Order, 'orders'>>(true)

const mixed = topic('mixed', { key: nullable(bytes), value: int64 })
equal<typeof mixed, Topic<Uint8Array | null, number, 'mixed'>>(true)

const annotated: t.Type<Order> = t.type({ id: t.string, total: t.number })
const fromAnnotated = topic('orders', { key: t.string, value: annotated })
equal<typeof fromAnnotated, Topic<string, Order, 'orders'>>(true)

const totals = store('totals', { key: t.string, value: t.number })
equal<typeof totals, StoreDeclaration<string, number>>(true)

// what cannot write what it reads is refused, with the way out in the type
const transforming = z.string().transform(Number)
topic('t', {
  key: t.string,
  // @ts-expect-error it cannot write what it reads: pass codec({ decode, encode })
  value: transforming,
})
topic('t', {
  // @ts-expect-error as a key, too
  key: transforming,
  value: t.string,
})
topic('t', {
  key: t.string,
  // @ts-expect-error of valibot as well
  value: v.pipe(v.string(), v.transform(Number)),
})
topic('t', {
  key: t.string,
  // @ts-expect-error and of arktype
  value: type('string.numeric.parse'),
})
store('s', {
  key: t.string,
  // @ts-expect-error and for a store
  value: transforming,
})
// @ts-expect-error and in json
json(transforming)
const numeric: Codec<number> = codec({
  encode: (value: number) => new TextEncoder().encode(String(value)),
  decode: (bytes) => transforming.parse(new TextDecoder().decode(bytes)),
})
topic('t', { key: t.string, value: numeric })

// what reads more than it writes is fine
topic('t', { key: t.string, value: z.object({ tries: z.number().default(0) }) })
topic('t', { key: t.string, value: z.coerce.number() })

// settings are Kafka's
topic('t', { key: text, value: text, config: { 'retention.ms': 1, 'cleanup.policy': 'compact' } })
topic('t', {
  key: text,
  value: text,
  // @ts-expect-error no such setting
  config: { retentionMs: 1 },
})
// @ts-expect-error a value is needed
topic('t', { key: text })
// @ts-expect-error what is neither codec nor schema
topic('t', { key: String, value: text })

// what the specification calls a schema is one
declare const anyLibrary: StandardSchemaV1<Order>
const viaSpecification = topic('orders', { key: text, value: anyLibrary })
equal<typeof viaSpecification, Topic<string, Order, 'orders'>>(true)
declare const oneWay: StandardSchemaV1<string, Date>
topic('t', {
  key: text,
  // @ts-expect-error it cannot write what it reads
  value: oneWay,
})
