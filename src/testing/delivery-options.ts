import type * as FC from 'fast-check'
import { given, requireTopics } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkCount } from '../codec/option-values.ts'
import type { AnyTopic, KeyOf, ValueOf } from '../contracts/topic.ts'
import type { Millrace } from '../millrace/millrace.ts'
import { checkEngine, type DeliveryEngine } from './delivery-engine.ts'
import { type Expect, type Expectation, expectation, type Input } from './expectations.ts'
import type { Drawn } from './input-record.ts'
import { checkSeed } from './run-options.ts'

/** What to run, on what and under what, and what is expected of it. */
export interface DeliverySemantics<T extends readonly AnyTopic[]> extends DeliveryEngine {
  /** Your program. Called anew for each incarnation of its process: nothing survives in closures. */
  readonly app: (millrace: Millrace) => unknown
  /** All topics that take part; they are there before the program starts. */
  readonly topics: T
  /** What is sent, by topic: fast-check arbitraries of records, or of several that belong together. */
  readonly input: { readonly [X in T[number] as X['name']]?: FC.Arbitrary<Drawn<KeyOf<X>, ValueOf<X>>> }
  readonly expect: (e: Expect<Input<T>>) => Expectation | readonly Expectation[]
  /** How many runs; 100 where nothing is said. */
  readonly runs?: number
  /** How many times is drawn for a topic, at most; 20 where nothing is said. */
  readonly records?: number
  /** How long input and faults go on, in virtual milliseconds; 5,000 where nothing is said. */
  readonly lengthMs?: number
  /** Of all that is drawn; another one each time where nothing is said. */
  readonly seed?: number
  /** The line that a failure has printed: makes that run again, and no other. */
  readonly replay?: string
  /** Whether what is found is made smaller, for up to a minute: `true` where nothing is said. */
  readonly shrink?: boolean
  /** A file to draw a failing run in, as a page to be opened in a browser: none where nothing is said. */
  readonly diagram?: string
}

const known = [
  'app',
  'topics',
  'input',
  'engine',
  'faults',
  'expect',
  'runs',
  'records',
  'instances',
  'lengthMs',
  'cluster',
  'machine',
  'seed',
  'replay',
  'shrink',
  'diagram',
]

/**
 * What is expected, once all options make sense.
 *
 * **Errors** throws a `TypeError` that names the option that does not.
 */
export const checkDelivery = (options: DeliverySemantics<readonly AnyTopic[]>): readonly Expectation[] => {
  const what = 'deliverySemantics(…)'
  refuseUnknownOptions(what, options, known)
  const { app, topics, input, expect, seed, replay, shrink, diagram } = options
  if (typeof app !== 'function')
    throw new TypeError(`${what}: app is a function of a connection, and not ${given(app)}`)
  if (!Array.isArray(topics))
    throw new TypeError(`${what}: topics are a list of all that take part, and not ${given(topics)}`)
  requireTopics(what, topics)
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new TypeError(`${what}: input names what is sent to each topic, and not ${given(input)}`)
  const names = topics.map(({ name }) => name)
  for (const [name, records] of Object.entries(input)) {
    if (!names.includes(name))
      throw new TypeError(`${what}: input names '${name}', which is none of the topics: ${names.join(', ')}`)
    if (records !== undefined && typeof records?.generate !== 'function')
      throw new TypeError(`${what}: input.${name} is a fast-check arbitrary of records, and not ${given(records)}`)
  }
  checkEngine(what, options)
  if (typeof expect !== 'function')
    throw new TypeError(
      `${what}: expect is a function, and not ${given(expect)}: write expect: (e) => e.exactlyOnce(…)`,
    )
  if (diagram !== undefined && (typeof diagram !== 'string' || diagram === ''))
    throw new TypeError(`${what}: diagram is the path of a file, and not ${given(diagram)}`)
  for (const option of ['runs', 'records', 'lengthMs'] as const) checkCount(what, option, options[option], 1)
  checkSeed(what, seed)
  if (shrink !== undefined && typeof shrink !== 'boolean')
    throw new TypeError(`${what}: shrink is true or false, and not ${given(shrink)}`)
  if (replay !== undefined && typeof replay !== 'string')
    throw new TypeError(`${what}: replay is the line that a failure has printed, and not ${given(replay)}`)
  const expected = [expect(expectation<Input<readonly AnyTopic[]>>())].flat()
  if (expected.length === 0) throw new TypeError(`${what}: expect promises nothing, so that nothing could be found`)
  for (const one of expected) {
    if (typeof one !== 'object' || one === null || !('out' in one))
      throw new TypeError(
        `${what}: expect answers ${given(one)}, which promises nothing: write (e) => e.exactlyOnce(…)`,
      )
    if (!names.includes(one.out.name))
      throw new TypeError(
        `${what}: '${one.out.name}' is expected to hold something, and is none of the topics: ${names.join(', ')}`,
      )
  }
  return expected
}
