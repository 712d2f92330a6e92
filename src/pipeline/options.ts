import { given, isDelayed, isStore } from '../codec/arguments.ts'
import { shown } from '../codec/decode-error.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { textHint } from '../codec/option-values.ts'
import type { Used } from '../contracts/probe.ts'
import { type OnError, onErrorFault, retriesIn } from './on-error.ts'
import { type RateText, readRate } from './rate.ts'
import type { RecordOf, Topics } from './stream.ts'

/**
 * What a crash may do:
 * - `exactly-once`: nothing visible; outputs, state and offsets appear together or not at all
 * - `at-least-once`: repeat what was under way; outputs are written first, then offsets
 * - `at-most-once`: skip what was under way; offsets are committed before their records run
 */
export type Guarantee = 'exactly-once' | 'at-least-once' | 'at-most-once'

/** How to run a pipeline. Times in milliseconds. */
export interface RunOptions<T extends Topics = Topics> {
  /** `exactly-once` where nothing is said. */
  readonly guarantee?: Guarantee
  /** How many keys at once, in each task; 1 where nothing is said. Outputs keep the input's order. */
  readonly concurrency?: number
  /** How many records enter, over all tasks of this instance: `'2000/s'`, `'600/m'`. The backlog waits in the log. */
  readonly rate?: RateText
  /** `halt` where nothing is said. */
  readonly onError?: OnError<RecordOf<T>>
  /** Topics, stores and what is delayed, where the pipeline hides them in a `mergeMap` or a `defer`, or an `onError` chooses them. */
  readonly uses?: readonly Used[]
  /** After how long a record that has not completed has failed; 5 minutes where nothing is said. */
  readonly timeLimitMs?: number
  /** After how long it is named on `errors$`; 10 seconds where nothing is said. */
  readonly slowAfterMs?: number
  /** So many different keys in a row that fail are an outage, and not given up; 20 where nothing is said. */
  readonly outageAfter?: number
  /** What a task may gather before it is committed, and what one record may; 16 MiB where nothing is said. */
  readonly outputBytesMax?: number
  /** How far a task reads ahead; 1 MiB where nothing is said. */
  readonly fetchBytesMax?: number
  /**
   * Tells instances of one pipeline apart; the connection's `clientId` and the lowest number free in this process where
   * nothing is said. Processes on one cluster need client ids, or names here, of their own: one under the same name takes
   * over from the other.
   */
  readonly instance?: string
  /** How long this instance may be silent before its tasks go to others; 45 s where nothing is said. */
  readonly sessionTimeoutMs?: number
  /** How long it has to finish what is under way when tasks move; 60 s where nothing is said. */
  readonly rebalanceTimeoutMs?: number
}

type Optional = 'rate' | 'instance' | 'onError' | 'uses'

/** The options with their defaults. */
export type RunSettings = Required<Omit<RunOptions, Optional>> &
  Pick<RunOptions, 'rate' | 'instance'> & { readonly onError: OnError; readonly uses: readonly Used[] }

/** **Errors** throws `TypeError` for an option that is none, or a value that it does not take. */
export const settingsOf = (name: string, options: RunOptions = {}): RunSettings => {
  refuseUnknownOptions(`run('${name}', …)`, options, known)
  const settings: RunSettings = {
    guarantee: 'exactly-once',
    concurrency: 1,
    onError: 'halt',
    uses: [],
    timeLimitMs: 300_000,
    slowAfterMs: 10_000,
    outageAfter: 20,
    outputBytesMax: 16 * 1024 * 1024,
    fetchBytesMax: 1024 * 1024,
    sessionTimeoutMs: 45_000,
    rebalanceTimeoutMs: 60_000,
    ...(withoutUndefined(options) as RunOptions & { readonly onError?: OnError }),
  }
  const refuse = (what: string): never => {
    throw new TypeError(`run('${name}', …): ${what}`)
  }
  if (!guarantees.has(settings.guarantee))
    refuse(`guarantee ${shown(settings.guarantee)} is none: 'exactly-once', 'at-least-once' or 'at-most-once'`)
  for (const option of counts) {
    const value: unknown = settings[option]
    if (!(typeof value === 'number' && value >= 1 && (value === Number.POSITIVE_INFINITY || Number.isInteger(value))))
      refuse(`${option} is a whole number of at least 1, and not ${given(value)}${textHint(value)}`)
  }
  refuseOthers(settings, refuse)
  return settings
}

const refuseOthers = (
  { rate, guarantee, onError, instance, uses }: RunSettings,
  refuse: (what: string) => never,
): void => {
  if (rate !== undefined && typeof rate !== 'string') refuse(`rate is text, as in '2000/s', and not ${given(rate)}`)
  if (rate !== undefined) readRate(rate)
  const fault = onErrorFault(onError)
  if (fault !== undefined) refuse(fault)
  if (guarantee === 'at-least-once' && retriesIn(onError).some(({ ordered }) => ordered))
    refuse(
      "onError: retryLater({ ordered: true, … }) does not go with guarantee 'at-least-once', under which a crash may keep what was done with the records that wait, and not what came of it: take 'exactly-once', or leave ordered out",
    )
  if (guarantee === 'at-most-once' && retriesIn(onError).length > 0)
    refuse(
      "onError: retryLater(…) does not go with guarantee 'at-most-once', under which a crash loses what waits: take 'exactly-once' or 'at-least-once', or give records up with deadLetter(…)",
    )
  if (instance !== undefined && !(typeof instance === 'string' && /^[\w.-]{1,150}$/.test(instance)))
    refuse(`an instance's name is 1 to 150 letters, digits, '.', '_' and '-', and not ${shown(instance)}`)
  if (!Array.isArray(uses))
    refuse(`uses is an array of topics and stores, as in { uses: [orders] }, and not ${given(uses)}`)
  for (const used of uses as readonly unknown[])
    if (!isStore(used) && !isDelayed(used))
      refuse(`uses names topics and stores themselves, as in { uses: [orders] }, and not ${given(used)}`)
}

const withoutUndefined = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

const guarantees: ReadonlySet<string> = new Set(['exactly-once', 'at-least-once', 'at-most-once'])

const counts = [
  'concurrency',
  'timeLimitMs',
  'slowAfterMs',
  'outageAfter',
  'outputBytesMax',
  'fetchBytesMax',
  'sessionTimeoutMs',
  'rebalanceTimeoutMs',
] as const

const known: readonly string[] = [...counts, 'guarantee', 'rate', 'onError', 'uses', 'instance']
