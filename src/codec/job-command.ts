import type { AnyDelayed, Job, Repeated, When } from '../contracts/delayed.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { given } from './arguments.ts'
import { topicsOf } from './delayed.ts'
import { type Duration, durationMs } from './duration.ts'
import { jobHeader, numberHeader, ownHeadersLeftOut, type RawOutput, textHeader } from './job-headers.ts'
import { utf8 } from './utf-8.ts'

/** Where a command comes from, and what its sender wants of it. */
export interface CommandOptions {
  /** The record that it was made of. */
  readonly source?: Pick<AnyRecord, 'topic' | 'partition' | 'offset' | 'timestamp'>
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
  return at === undefined
    ? "a job is due at a time, or after a tier's: say at, in milliseconds since the epoch, or after"
    : `a job is due at whole milliseconds since the epoch, or after a tier's, and not both: at is ${given(at)}`
}

/**
 * What writes `job` down, as the target's codecs write it: a command; without an id, and for a tier, a record of that tier.
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
  const key = of.to.key.encode(job.key)
  const value = of.to.value.encode(job.value)
  const written = ownHeadersLeftOut(headers)
  if (id === undefined && job.after !== undefined)
    return { topic: topics.tiers.get(job.after) as AnyTopic, key, value, headers: written }
  written.set(jobHeader.do, textHeader('schedule'))
  if (key !== null) written.set(jobHeader.key, key)
  if (job.after === undefined) written.set(jobHeader.due, numberHeader(job.at))
  else written.set(jobHeader.after, afterHeader(job.after as Duration))
  addOptions(written, options)
  return { topic: topics.commands, key: utf8(id ?? (options.unique ?? unnamed)()), value, headers: written }
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
  const key = of.to.key.encode(job.key)
  const value = of.to.value.encode(job.value)
  const written = ownHeadersLeftOut(headers)
  written.set(jobHeader.do, textHeader('schedule'))
  if (key !== null) written.set(jobHeader.key, key)
  written.set(jobHeader.series, textHeader(series))
  addOptions(written, options)
  return { topic: topicsOf(of).commands, key: utf8(id), value, headers: written }
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
  if (fault !== undefined) throw new TypeError(`${what} of '${of.name}': ${fault}`)
  const headers = new Map([[jobHeader.do as string, textHeader(what)]])
  addOptions(headers, options)
  return { topic: topicsOf(of).commands, key: utf8(id), value: null, headers }
}

/** Tiers are few: each is read and spelled once. */
const afterHeaders = new Map<Duration, Uint8Array>()

const afterHeader = (tier: Duration): Uint8Array => {
  const known = afterHeaders.get(tier)
  if (known !== undefined) return known
  const header = numberHeader(durationMs('after', tier))
  afterHeaders.set(tier, header)
  return header
}

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

const addOptions = (headers: Map<string, Uint8Array>, { source, command, expect }: CommandOptions): void => {
  if (source !== undefined) {
    const { topic, partition, offset, timestamp } = source
    headers.set(jobHeader.source, textHeader(`${topic}/${partition}/${offset}/${timestamp}`))
  }
  if (command !== undefined) headers.set(jobHeader.command, textHeader(command))
  if (expect !== undefined) headers.set(jobHeader.expect, numberHeader(expect))
}
