import type { AnyDelayed, CommandSource, Job, Repeated, When } from '../contracts/delayed.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { given } from './arguments.ts'
import { topicsOf } from './delayed.ts'
import { type Duration, durationMs } from './duration.ts'
import { ownHeadersLeftOut, type RawOutput } from './job-headers.ts'
import { markHeaders } from './job-mark.ts'
import { unencodable } from './unencodable.ts'
import { utf8 } from './utf-8.ts'

/** Where a command comes from, and what its sender wants of it. */
export interface CommandOptions {
  /** The record that it was made of. */
  readonly source?: CommandSource
  /** Its id, for the answer. */
  readonly command?: string
  /** The scheduling that it is about. */
  readonly expect?: number
}

// biome-ignore lint/suspicious/noExplicitAny: checked by the codecs of the target
type AnyJob = Job<any, any, string>

/** Longer ones would make the state of a job, which is kept in memory, large. */
const maxIdCharacters = 256

/** What `id` is not; `undefined` where it may name a job. */
export const idFault = (id: unknown): string | undefined =>
  typeof id === 'string' && id.length >= 1 && id.length <= maxIdCharacters && id.isWellFormed()
    ? undefined
    : `a job's id is text of 1 to ${maxIdCharacters} characters, and not ${given(id)}`

/** What `when` is not: neither a tier of `of`, nor a time. */
export const whenFault = (of: AnyDelayed, when: When<string>): string | undefined => {
  const { after, at } = when as { readonly after?: unknown; readonly at?: unknown }
  if (after === undefined && Number.isSafeInteger(at) && (at as number) >= 0) return undefined
  if (at === undefined && of.tiers.includes(after)) return undefined
  const tiers = of.tiers.map((tier: string) => `'${tier}'`).join(', ')
  if (after !== undefined && at === undefined)
    return `after is a tier of '${of.name}', which has ${tiers === '' ? 'none' : tiers}, and not ${given(after)}: declare it, or say at`
  if (at === undefined)
    return "a job is due at a time, or after a tier's: say at, in milliseconds since the epoch, or after"
  return after === undefined
    ? `at is whole milliseconds since the epoch, as in date.getTime(), and not ${given(at)}`
    : `a job is due at a time, or after a tier's, and not both: say at (${given(at)}) or after (${given(after)})`
}

/**
 * What writes `job` down, as the target's codecs write it: a command; without an id, and for a tier, a record that waits there.
 * One that has none, and waits for a time, gets a `unique` one: it may surface more often than once.
 *
 * **Errors** throws an `EncodeError` for a key or a value that the target does not take, and a `TypeError` for what is no job.
 */
export const scheduleRecord = (
  of: AnyDelayed,
  job: AnyJob,
  options: CommandOptions & { readonly unique?: () => string } = {},
): RawOutput => {
  const { id, headers = noHeaders } = job
  const fault = whenFault(of, job) ?? (id === undefined ? undefined : idFault(id))
  if (fault !== undefined) throw new TypeError(`schedule of '${of.name}': ${fault}`)
  const topics = topicsOf(of)
  const key = encoded(of, 'schedule', 'key', job.key)
  const value = encoded(of, 'schedule', 'value', job.value)
  const others = headers.size === 0 ? headers : ownHeadersLeftOut(headers)
  if (id === undefined && job.after !== undefined)
    return { topic: topics.plain.get(job.after) as AnyTopic, key, value, headers: others }
  const named = utf8(id ?? (options.unique ?? unnamed)())
  const { source, command, expect } = options
  const afterMs = job.after === undefined ? undefined : waitOf(job.after as Duration)
  const mark = { what: 'schedule', dueMs: job.at, afterMs, expect, key, source, command } as const
  return { topic: topics.commands, key: named, value, headers: markHeaders(mark, named, others) }
}

/** What writes down a job that comes again by `series`. **Errors** as {@link scheduleRecord}. */
export const repeatRecord = (
  of: AnyDelayed,
  // biome-ignore lint/suspicious/noExplicitAny: checked by the codecs of the target
  job: Repeated<any, any>,
  series: string,
  options: CommandOptions = {},
): RawOutput => {
  const { id, headers = noHeaders } = job
  const fault = idFault(id)
  if (fault !== undefined) throw new TypeError(`repeat of '${of.name}': ${fault}`)
  const key = encoded(of, 'repeat', 'key', job.key)
  const value = encoded(of, 'repeat', 'value', job.value)
  const named = utf8(id)
  const mark = { what: 'schedule', key, series, ...options } as const
  return {
    topic: topicsOf(of).commands,
    key: named,
    value,
    headers: markHeaders(mark, named, ownHeadersLeftOut(headers)),
  }
}

/** A part of a job as its target's codec writes it. **Errors** throws an `EncodeError` that names both. */
const encoded = (of: AnyDelayed, call: string, part: 'key' | 'value', field: unknown): Uint8Array | null => {
  const codec = of.to[part]
  try {
    return codec.encode(field)
  } catch (cause) {
    const what = `${call} of '${of.name}': the ${part} for topic '${of.to.name}'`
    throw unencodable(what, codec.name, cause, field === undefined ? ` (the job has no ${part}: give it one)` : '')
  }
}

const unnamed = (): string => {
  throw new Error('broken invariant: a job that waits for a time has no id')
}

/** What writes down that `id` is to be cancelled, or looked at. */
export const idRecord = (
  of: AnyDelayed,
  what: 'cancel' | 'look',
  id: string,
  options: CommandOptions = {},
): RawOutput => {
  const fault = idFault(id)
  if (fault !== undefined) throw new TypeError(`${what === 'look' ? 'get' : what} of '${of.name}': ${fault}`)
  const key = utf8(id)
  return { topic: topicsOf(of).commands, key, value: null, headers: markHeaders({ what, ...options }, key) }
}

/** Tiers are few: each is read once. */
const waits = new Map<Duration, number>()

const waitOf = (tier: Duration): number => {
  const known = waits.get(tier)
  if (known !== undefined) return known
  const wait = durationMs('after', tier)
  waits.set(tier, wait)
  return wait
}

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()
