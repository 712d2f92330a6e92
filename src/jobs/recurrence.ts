import { Cron } from 'croner'
import { given } from '../codec/arguments.ts'
import type { Missed } from '../contracts/delayed.ts'
import type { DueSlot } from '../protocol/delay/job.ts'

/** When something happens again and again. Plain data. */
export interface Recurrence {
  /** Five fields, minute to day of the week, or six, with seconds first: `'0 3 * * *'`. */
  readonly cron: string
  /** By whose clock, as `'Europe/Berlin'`. */
  readonly timeZone: string
  readonly missed: Missed
}

/** A slot that is later than this was missed. */
export const missedAfterMs = 60_000

/** The first slot after `afterMs`; `undefined` where none is to come. */
export const nextSlot = (recurrence: Recurrence, afterMs: number): number | undefined =>
  patternOf(recurrence).nextRun(new Date(afterMs))?.getTime()

/**
 * What `slotMs`, which is due, comes to at `nowMs`.
 *
 * **Guarantees** each slot fires at most once, and in order; with `all` each does, and with `once` the latest of those that
 * were missed.
 */
export const dueSlot = (recurrence: Recurrence, slotMs: number, nowMs: number): DueSlot => {
  const following = nextSlot(recurrence, slotMs)
  const isMissed = nowMs - slotMs > missedAfterMs
  if (!isMissed || recurrence.missed === 'all') return { fires: slotMs, next: following }
  if (recurrence.missed === 'skip') return { fires: undefined, next: nextSlot(recurrence, nowMs - missedAfterMs) }
  const latest = latestSlot(recurrence, slotMs, nowMs)
  // in its turn, among what was due until then
  return latest > slotMs ? { fires: undefined, next: latest } : { fires: slotMs, next: following }
}

/** The last slot that is not after `nowMs`; `slotMs` is one. */
const latestSlot = (recurrence: Recurrence, slotMs: number, nowMs: number): number => {
  const [latest] = patternOf(recurrence).previousRuns(1, new Date(nowMs + 1))
  return Math.max(slotMs, latest?.getTime() ?? slotMs)
}

/** What is wrong with `recurrence`, and the way out; `undefined` where nothing is. */
export const recurrenceFault = ({ cron, timeZone, missed }: Record<keyof Recurrence, unknown>): string | undefined => {
  if (typeof cron !== 'string') return `cron is text, as in '0 3 * * *', and not ${given(cron)}`
  if (typeof timeZone !== 'string') return `timeZone is a name, as in 'Europe/Berlin', and not ${given(timeZone)}`
  if (missed !== 'skip' && missed !== 'once' && missed !== 'all')
    return `missed is 'skip', 'once' or 'all', and not ${given(missed)}`
  if (!isTimeZone(timeZone)) return `there is no time zone '${timeZone}': write one as 'Europe/Berlin', or 'UTC'`
  const fields = cron.trim().split(/\s+/).length
  if (fields !== 5 && fields !== 6)
    return `cron '${cron}' has ${fields} field${fields === 1 ? '' : 's'}, and takes five, or six with seconds first: minute, hour, day of the month, month, day of the week, as in '0 3 * * *'`
  if (cron.includes('?'))
    return `cron '${cron}' has a '?', which means another time on each start: write '*', or a number`
  try {
    if (nextSlot({ cron, timeZone, missed }, 0) !== undefined) return undefined
    return `cron '${cron}' has no time at all: is there such a day?`
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message.replace(/^Cron\w*: /, '') : String(thrown)
    return `cron '${cron}' is none: ${why}`
  }
}

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** A recurrence in words, for a header. */
export const recurrenceText = ({ cron, timeZone, missed }: Recurrence): string =>
  `${missed} ${timeZone} ${cron.trim().split(/\s+/).join(' ')}`

/** The recurrence of these words; `undefined` where they are none. */
export const readRecurrence = (spelled: string): Recurrence | undefined => {
  const [missed, timeZone, ...fields] = spelled.split(' ')
  const recurrence = { missed, timeZone, cron: fields.join(' ') }
  return recurrenceFault(recurrence) === undefined ? (recurrence as Recurrence) : undefined
}

/** Reading one takes longer than asking it. */
const patterns = new Map<string, Cron>()
const patternsMax = 1_000

const patternOf = ({ cron, timeZone }: Pick<Recurrence, 'cron' | 'timeZone'>): Cron => {
  const name = `${timeZone} ${cron}`
  const known = patterns.get(name)
  if (known !== undefined) return known
  const read = new Cron(cron, { timezone: timeZone, paused: true })
  if (patterns.size >= patternsMax) patterns.clear()
  patterns.set(name, read)
  return read
}
