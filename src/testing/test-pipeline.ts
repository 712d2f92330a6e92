import { given } from '../codec/arguments.ts'
import type { DeadLetter } from '../codec/dead-letter.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { AnyTopic, KeyOf, Topic, ValueOf } from '../contracts/topic.ts'
import { requirePipeline } from '../millrace/check-calls.ts'
import type { Notice } from '../pipeline/notice.ts'
import type { RunOptions } from '../pipeline/options.ts'
import type { Pipeline, Topics } from '../pipeline/stream.ts'
import type { Duration } from './duration.ts'
import type { InputRecord } from './input-record.ts'
import { Bench } from './pipeline-bench/bench.ts'
import { checkSeed } from './run-options.ts'
import { virtualGlobals } from './virtual-globals/install.ts'

/** What is piped in, by topic: of each one record after the other, side by side with those of the others. */
export type PipedInput<T extends readonly AnyTopic[]> = {
  readonly [X in T[number] as X['name']]?: readonly InputRecord<KeyOf<X>, ValueOf<X>>[]
}

export interface TestPipelineOptions<T extends Topics> {
  /** Sent first, each record in its time, before anything is answered. */
  readonly input?: PipedInput<T>
  /** As it would be run. */
  readonly run?: RunOptions<T>
  /** Of everything that is random; 1 where nothing is said. */
  readonly seed?: number
}

/** A pipeline at work in memory, whose time stands still until a call lets it go on. */
export interface TestedPipeline {
  /**
   * Sends records, each as long after the one before it as it says (`afterMs`; at once where it says nothing), and
   * resolves once they have been worked off, in as much virtual time as that takes.
   *
   * **Errors** rejects with what ends the pipeline, and with `NotInTime` after a virtual hour.
   */
  readonly send: <K, V>(topic: Topic<K, V>, records: readonly InputRecord<NoInfer<K>, NoInfer<V>>[]) => Promise<void>
  /** Lets time go by: timers ring, and what follows from that is done. */
  readonly elapse: (duration: Duration) => Promise<void>
  /** What the pipeline has written to a topic until now, each partition's in order. */
  readonly records: <K, V>(topic: Topic<K, V>) => readonly StreamRecord<K, V>[]
  /** What was given up, of all its topics for that. */
  readonly deadLetters: readonly DeadLetter[]
  /** What the pipeline has said on `errors$`: attempts that failed, records that are slow. */
  readonly notices: readonly Notice[]
  /** What attempts have failed with, in order. */
  readonly errors: readonly unknown[]
  /** The virtual time: milliseconds since the epoch. */
  readonly now: number
}

/**
 * Runs a pipeline in memory on virtual time, as a unit test wants it: input goes in, and what came of it is there when
 * the answer is. Its stores, its guarantees and its timers are the real ones; there is no cluster, and nothing to close.
 *
 * **Guarantees** the same input gives the same answer, timestamps and all.
 *
 * **Errors** rejects with what ends the pipeline: with `onError: 'halt'`, which is what holds where nothing is said, that
 * is the first record that fails. With `OutsideWorld` where it reaches for the network or the disk.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { mapValue, to } from 'millrace/operators'
 * import { testPipeline } from 'millrace/testing'
 *
 * const lines = topic('lines', { key: text, value: text })
 * const loud = topic('loud', { key: text, value: text })
 * const shouting = stream(lines).pipe(mapValue((line) => line.toUpperCase()), to(loud))
 * const test = await testPipeline(shouting, { input: { lines: [{ key: 'a', value: 'hello' }] } })
 * test.records(loud).map(({ value }) => value) // => ['HELLO']
 * ```
 */
export const testPipeline = async <const T extends Topics>(
  pipeline: Pipeline<T, unknown>,
  options: TestPipelineOptions<T> = {},
): Promise<TestedPipeline> => {
  const what = 'testPipeline(…)'
  requirePipeline(what, pipeline)
  refuseUnknownOptions(what, options, ['input', 'run', 'seed'])
  const { input = {}, run, seed = 1 } = options
  checkSeed(what, seed)
  if (typeof input !== 'object' || input === null)
    throw new TypeError(`${what}: input names what is sent to each topic, and not ${given(input)}`)
  const sent = Object.entries(input as Readonly<Record<string, readonly InputRecord<unknown, unknown>[]>>)
  const names = pipeline.topics.map(({ name }) => name)
  for (const [name] of sent)
    if (!names.includes(name))
      throw new TypeError(`${what}: input names '${name}', which the pipeline does not read: ${names.join(', ')}`)
  const bench = new Bench({ pipeline, run: run as RunOptions | undefined, seed })
  const topicOf = (name: string) => pipeline.topics.find((topic) => topic.name === name) as AnyTopic
  const restore = virtualGlobals()
  try {
    await bench.open()
    if (sent.length > 0) await bench.send(sent.map(([name, records]) => [topicOf(name), records]))
  } finally {
    restore()
  }
  return {
    send: async (topic, records) => bench.send([[topic as AnyTopic, records]]),
    elapse: (duration) => bench.elapse(duration),
    records: <K, V>(topic: Topic<K, V>) => bench.recordsOf(topic) as readonly StreamRecord<K, V>[],
    get deadLetters() {
      return bench.deadLetters
    },
    get notices() {
      return bench.notices
    },
    get errors() {
      return bench.notices.flatMap((notice) => (notice._tag === 'record-failed' ? [notice.error] : []))
    },
    get now() {
      return bench.now
    },
  }
}
