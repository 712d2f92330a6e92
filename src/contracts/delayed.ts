import type { Position } from './position.ts'
import type { StatePlace } from './store.ts'
import type { AnyTopic, Topic } from './topic.ts'

/**
 * Messages that wait: each is a record of the topic `to`, written there when it is due. Made by `delayed(…)`; plain data.
 *
 * Its name is the group that moves them, and the root of the names of the topics in which they wait.
 */
export interface Delayed<K, V, T extends string = string> extends StatePlace {
  readonly name: string
  readonly to: Topic<K, V>
  /** How long messages wait, in words. Each has a topic of its own, so that it is exact. */
  readonly tiers: readonly T[]
  /** How many tasks move them. A message's id says which of them does. */
  readonly partitions: number
}

// biome-ignore lint/suspicious/noExplicitAny: invariant in all three, so only `any` admits every one
export type AnyDelayed = Delayed<any, any, any>

/** When a job is due: so long after its schedule was written, or at a time (milliseconds since the epoch). */
export type When<T> = { readonly after: T; readonly at?: never } | { readonly at: number; readonly after?: never }

/** A record of the target topic, for later. */
export type Job<K, V, T> = {
  /**
   * Names it, to cancel it, or to schedule it anew. Scheduling an id that waits replaces what waits; one that has fired in the last
   * 24 hours does not fire again. A job without an id cannot be called back.
   */
  readonly id?: string
  readonly key: K
  readonly value: V
  readonly headers?: ReadonlyMap<string, Uint8Array>
} & When<T>

/**
 * What becomes of the times of a repeated job that passed while nobody ran, or were found more than a minute late:
 * - `skip`: nothing, the next one is waited for
 * - `once`: one firing for all of them, the latest
 * - `all`: each fires, one after the other
 */
export type Missed = 'skip' | 'once' | 'all'

/** A record of the target topic, again and again. */
export interface Repeated<K, V> {
  /** Names it: the same id, repeated otherwise, takes its place. */
  readonly id: string
  /** Five fields, minute to day of the week, or six, with seconds first: `'0 3 * * *'`. */
  readonly cron: string
  /** By whose clock, as `'Europe/Berlin'`; `'UTC'` where nothing is said. */
  readonly timeZone?: string
  /** `once` where nothing is said. */
  readonly missed?: Missed
  readonly key: K
  readonly value: V
  readonly headers?: ReadonlyMap<string, Uint8Array>
}

/** The topics of one {@link Delayed}, whose records are bytes. */
export interface DelayedTopics {
  /** What is to be done with jobs, keyed by their ids. Stamped when it is written: `after` counts from there. */
  readonly commands: AnyTopic
  /** What came of commands whose senders want to know, keyed by the id of the command. */
  readonly answers: AnyTopic
  /** Each tier's own, by its name: for jobs of an id, as their commands come. */
  readonly tiers: ReadonlyMap<string, AnyTopic>
  /** The same for jobs without an id, which whoever schedules them writes there at once. */
  readonly plain: ReadonlyMap<string, AnyTopic>
  /** For those that wait until a time, by the name of the rung: on each they wait so long, then go to a shorter one. */
  readonly ladder: ReadonlyMap<string, AnyTopic>
  /** For those that are due sooner than the lowest rung is long: ordered by an index of when. */
  readonly near: AnyTopic
  /** For what can neither be read nor written to the target. */
  readonly dead: AnyTopic
}

/** The record that a command about a job was made of. */
export interface CommandSource extends Position {
  /** Milliseconds since the epoch. */
  readonly timestamp: number
}
