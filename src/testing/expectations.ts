import { given, requireFunction, requireTopic } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { AnyTopic, KeyOf, Topic, ValueOf } from '../contracts/topic.ts'

/** A record that a model says a topic should hold. */
export interface Expected<K, V> {
  readonly key: K
  readonly value: V
}

/** The records of each topic by its name, each partition's in order: what a model is given. */
export type Input<T extends readonly AnyTopic[]> = {
  readonly [X in T[number] as X['name']]: readonly StreamRecord<KeyOf<X>, ValueOf<X>>[]
}

/** What should be in `out`, given what is in the topics. A pure function: it is called often. */
export type Model<In, K, V> = (input: In) => readonly Expected<K, V>[]

/** When a promise is judged. */
export interface Judged {
  /**
   * Also in the midst of a run, against the model of what the committed offsets say was read; `true` where nothing is
   * said. `false` for a model that is only right of the whole input.
   */
  readonly throughout?: boolean
}

/** How often each record is expected in a topic. */
export interface CountedExpectation {
  readonly _tag: 'exactlyOnce' | 'atLeastOnce' | 'atMostOnce' | 'noLoss'
  readonly out: AnyTopic
  // biome-ignore lint/suspicious/noExplicitAny: typed where it is written
  readonly model: Model<any, any, any>
  readonly throughout: boolean
}

/** What a topic is expected to be. Plain data, made by {@link Expect}. */
export type Expectation =
  | CountedExpectation
  | {
      readonly _tag: 'ordered'
      readonly out: AnyTopic
      // biome-ignore lint/suspicious/noExplicitAny: typed where it is written
      readonly model: Model<any, any, any>
    }
  | {
      readonly _tag: 'neverEarly'
      readonly out: AnyTopic
      // biome-ignore lint/suspicious/noExplicitAny: typed where it is written
      readonly dueMs: (record: StreamRecord<any, any>) => number
    }
  | {
      readonly _tag: 'eventually'
      readonly out: AnyTopic
      readonly what: string
      // biome-ignore lint/suspicious/noExplicitAny: typed where it is written
      readonly holds: (records: readonly StreamRecord<any, any>[]) => boolean
    }

/**
 * The words for what is promised of a topic. Each is judged when everything was worked off; those that count records
 * also whenever something is committed, where it is known what was read for it.
 */
export interface Expect<In> {
  /** The topic holds what the model says: nothing is missing, nothing is there twice, nothing is there besides. */
  readonly exactlyOnce: <K, V>(
    out: Topic<K, V>,
    model: Model<In, NoInfer<K>, NoInfer<V>>,
    judged?: Judged,
  ) => Expectation
  /** Nothing is missing, and nothing is there besides; records may be repeated. */
  readonly atLeastOnce: <K, V>(
    out: Topic<K, V>,
    model: Model<In, NoInfer<K>, NoInfer<V>>,
    judged?: Judged,
  ) => Expectation
  /** Nothing is there twice, and nothing is there besides; records may be missing. */
  readonly atMostOnce: <K, V>(
    out: Topic<K, V>,
    model: Model<In, NoInfer<K>, NoInfer<V>>,
    judged?: Judged,
  ) => Expectation
  /** Nothing is missing. */
  readonly noLoss: <K, V>(out: Topic<K, V>, model: Model<In, NoInfer<K>, NoInfer<V>>, judged?: Judged) => Expectation
  /**
   * What comes of one task (partition i of every topic) keeps the model's order, key by key. The model is asked for each
   * task by itself, as a pipeline works.
   */
  readonly ordered: <K, V>(out: Topic<K, V>, model: Model<In, NoInfer<K>, NoInfer<V>>) => Expectation
  /** No record is in the topic before it is due (milliseconds since the epoch), by the world's own time. */
  readonly neverEarly: <K, V>(out: Topic<K, V>, dueMs: (record: StreamRecord<K, V>) => number) => Expectation
  /** In the end, this holds of the topic's records; `what` says it in words. */
  readonly eventually: <K, V>(
    out: Topic<K, V>,
    what: string,
    holds: (records: readonly StreamRecord<K, V>[]) => boolean,
  ) => Expectation
}

/**
 * The words themselves; which input they speak of is a matter of types.
 *
 * **Errors** each throws a `TypeError` for what is no topic, or no function.
 */
export const expectation = <In>(): Expect<In> => ({
  exactlyOnce: counted('exactlyOnce'),
  atLeastOnce: counted('atLeastOnce'),
  atMostOnce: counted('atMostOnce'),
  noLoss: counted('noLoss'),
  ordered: (out, model) => {
    checkModel('ordered', out, model)
    return { _tag: 'ordered', out, model }
  },
  neverEarly: (out, dueMs) => {
    check('neverEarly', out, 'a function of a record', dueMs, '(record) => record.value.dueMs')
    return { _tag: 'neverEarly', out, dueMs }
  },
  eventually: (out, what, holds) => {
    check('eventually', out, 'what holds in words, and a function of the records', holds, "'…', (records) => …")
    return { _tag: 'eventually', out, what, holds }
  },
})

// biome-ignore lint/suspicious/noExplicitAny: typed where it is written
type AnyModel = Model<any, any, any>

const counted =
  (_tag: CountedExpectation['_tag']) =>
  (out: AnyTopic, model: AnyModel, judged: Judged = {}): Expectation => {
    checkModel(_tag, out, model)
    const what = `${_tag}('${out.name}', …)`
    refuseUnknownOptions(what, judged, ['throughout'])
    const { throughout = true } = judged
    if (typeof throughout !== 'boolean')
      throw new TypeError(`${what}: throughout is true or false, and not ${given(throughout)}`)
    return { _tag, out, model, throughout }
  }

const checkModel = (word: string, out: AnyTopic, model: AnyModel): void =>
  check(word, out, 'a model', model, '(input) => input.orders')

const check = (word: string, out: AnyTopic, takes: string, given: unknown, example: string): void => {
  requireTopic(`${word}(…)`, out)
  requireFunction(`${word}('${out.name}', …)`, takes, given, `${word}(${out.name}, ${example})`)
}
