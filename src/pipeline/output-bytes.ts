import { type InPlace, inPlaceOf } from '../codec/in-place.ts'
import type { Written } from '../contracts/carrier.ts'
import type { AnyTopic } from '../contracts/topic.ts'

/** What is written in place is shorter. */
const scratchBytes = 64

/** How the codecs of a topic write in place, where they do. */
interface Ways {
  readonly key: InPlace<unknown>['write']
  readonly value: InPlace<unknown>['write']
}

/**
 * Key and value of one output as bytes, to be copied before anything else is encoded: where its codecs can, they write into
 * an array that is used again.
 */
class OutputBytes {
  key: Uint8Array | null = null
  /** How much of {@link key} is meant; -1 where there is none. */
  keyBytes = -1
  value: Uint8Array | null = null
  /** How much of {@link value} is meant; -1 where there is none. */
  valueBytes = -1
  readonly #keyScratch = new Uint8Array(scratchBytes)
  readonly #valueScratch = new Uint8Array(scratchBytes)
  readonly #known = new WeakMap<AnyTopic, Ways>()
  #topic: AnyTopic | undefined
  #ways: Ways = nowhere
  #isAtWork = false

  /** Throws what the codecs of `topic` throw. */
  encode(topic: AnyTopic, { key, value }: Written): void {
    // a codec of the user's may write an output of its own
    if (this.#isAtWork) return this.#are(topic.key.encode(key), -1, topic.value.encode(value), -1)
    if (topic !== this.#topic) this.#turnTo(topic)
    const ways = this.#ways
    this.#isAtWork = true
    try {
      const keyBytes = ways.key === undefined ? -1 : ways.key(key, this.#keyScratch)
      const keyField = keyBytes < 0 ? topic.key.encode(key) : this.#keyScratch
      const valueBytes = ways.value === undefined ? -1 : ways.value(value, this.#valueScratch)
      this.#are(keyField, keyBytes, valueBytes < 0 ? topic.value.encode(value) : this.#valueScratch, valueBytes)
    } finally {
      this.#isAtWork = false
    }
  }

  /** -1: all of it. */
  #are(key: Uint8Array | null, keyBytes: number, value: Uint8Array | null, valueBytes: number): void {
    this.key = key
    this.keyBytes = keyBytes >= 0 || key === null ? keyBytes : key.length
    this.value = value
    this.valueBytes = valueBytes >= 0 || value === null ? valueBytes : value.length
  }

  #turnTo(topic: AnyTopic): void {
    let ways = this.#known.get(topic)
    if (ways === undefined) {
      ways = { key: inPlaceOf(topic.key)?.write, value: inPlaceOf(topic.value)?.write }
      this.#known.set(topic, ways)
    }
    this.#topic = topic
    this.#ways = ways
  }
}

const nowhere: Ways = { key: undefined, value: undefined }

export const outputBytes: OutputBytes = new OutputBytes()
