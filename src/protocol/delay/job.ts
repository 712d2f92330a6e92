import type { CommandSource } from '../../contracts/delayed.ts'
import type { Step } from '../step.ts'
import {
  type Answered,
  answersKept,
  type JobAnswer,
  type JobCommand,
  type JobState,
  type Surfaced,
} from './job-state.ts'
import { type Ladder, type Place, placeOf } from './ladder.ts'

/** What is to be done with the record at hand. */
export type JobEffect =
  /** It waits there, as scheduling `gen` of its id. */
  | { readonly _tag: 'route'; readonly place: Place; readonly gen: number; readonly dueMs: number }
  /** It goes to the target. */
  | { readonly _tag: 'fire'; readonly gen: number; readonly dueMs: number }
  /** It is of a scheduling that does not wait any more: nothing becomes of it. */
  | { readonly _tag: 'drop' }
  | { readonly _tag: 'answer'; readonly command: string; readonly answer: JobAnswer }
  /** For who counts: what was asked, and what came of it. */
  | {
      readonly _tag: 'told'
      readonly what: JobCommand['_tag']
      readonly answer: JobAnswer
      readonly isRepeated: boolean
    }

export type JobStep = Step<JobState | undefined, JobEffect>

/** What a time of a series comes to that is due. */
export interface DueSlot {
  /** The time that fires now; `undefined` where it was missed, and is left out. */
  readonly fires: number | undefined
  /** The one that is waited for from here on; `undefined` where none is to come. */
  readonly next: number | undefined
}

export interface JobRules {
  readonly ladder: Ladder
  /** How a series goes on, of which `dueMs` is due. */
  readonly recur: (series: string, dueMs: number, now: number) => DueSlot
  /** How long it is known that a job has fired, or was cancelled. */
  readonly keptMs: number
  /** How long a cancellation waits for what it cancels. */
  readonly aheadMs: number
  /** How long the answers of an id are known of which nothing else is. */
  readonly askedMs: number
}

/**
 * One id of a job: what is asked of it, and what becomes of its records.
 *
 * **Guarantees** of each scheduling (id and gen) exactly one of these comes true: it fires, once, and not before it is due; it is
 * cancelled; another one takes its place. Of a series this holds for each of its times that fires. Who was answered `cancelled` has it that nothing fires. A command that comes
 * twice is answered the same, while the id knows it: at least the last four of each.
 */
export const stepJob = (
  rules: JobRules,
  before: JobState | undefined,
  event: JobCommand | Surfaced,
  now: number,
): JobStep => {
  const state = before !== undefined && 'untilMs' in before && before.untilMs <= now ? undefined : before
  if (event._tag === 'surfaced') return surface(rules, state, event, now)
  const { command } = event
  const known = command === undefined ? undefined : state?.answered.find((one) => one.command === command)
  if (known !== undefined) return [state, told(event, known.answer, true)]
  const { to, answer, effects } = ask(rules, state, event, now)
  const after = command === undefined || event._tag === 'look' ? to : remember(rules, to, { command, answer }, now)
  return [after, [...effects, ...told(event, answer, false)]]
}

/**
 * What becomes of a record that has surfaced, and still counts: it fires when it is due. What comes off the ladder late goes
 * among those that are due soon all the same, so that it fires in its turn.
 */
export const surfaced = ({ ladder }: JobRules, record: Omit<Surfaced, '_tag'>, now: number): JobEffect => {
  const { gen, dueMs, isFromRung, notBeyondMs } = record
  if (!isFromRung && dueMs <= now && dueMs <= notBeyondMs) return { _tag: 'fire', gen, dueMs }
  return { _tag: 'route', place: placeOf(ladder, dueMs, now), gen, dueMs }
}

const surface = (rules: JobRules, state: JobState | undefined, record: Surfaced, now: number): JobStep => {
  // of a series the same scheduling waits for one time after the other
  if (state?._tag !== 'pending' || state.gen !== record.gen || state.dueMs !== record.dueMs)
    return [state, [{ _tag: 'drop' }]]
  const effect = surfaced(rules, record, now)
  if (effect._tag !== 'fire') return [state, [effect]]
  const { gen, dueMs, series, answered } = state
  const fired: JobState = { _tag: 'fired', gen, dueMs, answered, untilMs: now + rules.keptMs }
  if (series === undefined) return [fired, [effect]]
  const { fires, next } = rules.recur(series, dueMs, now)
  const firing: readonly JobEffect[] = fires === undefined ? [] : [{ _tag: 'fire', gen, dueMs: fires }]
  if (next === undefined) return [fired, firing.length > 0 ? firing : [{ _tag: 'drop' }]]
  const place = placeOf(rules.ladder, next, now)
  return [{ ...state, dueMs: next }, [...firing, { _tag: 'route', place, gen, dueMs: next }]]
}

interface Asked {
  readonly to: JobState | undefined
  readonly answer: JobAnswer
  readonly effects: readonly JobEffect[]
}

const ask = (rules: JobRules, state: JobState | undefined, event: JobCommand, now: number): Asked => {
  switch (event._tag) {
    case 'schedule':
      return schedule(rules, state, event, now)
    case 'cancel':
      return cancel(rules, state, event.source, now)
    case 'look':
      return unchanged(state)
  }
}

/** Nothing changes, and the answer is what is there. */
const unchanged = (state: JobState | undefined): Asked => ({ to: state, answer: look(state), effects: [] })

const look = (state: JobState | undefined): JobAnswer => {
  switch (state?._tag) {
    case 'pending':
      return { _tag: 'pending', gen: state.gen, dueMs: state.dueMs }
    case 'fired':
      return { _tag: 'already-fired', gen: state.gen, dueMs: state.dueMs }
    case 'cancelled':
      return { _tag: 'cancelled' }
    default:
      return { _tag: 'unknown' }
  }
}

const schedule = (
  { ladder }: JobRules,
  state: JobState | undefined,
  { gen, dueMs, waitMs, series, source, expect }: JobCommand & { readonly _tag: 'schedule' },
  now: number,
): Asked => {
  if (expect !== undefined && !(state?._tag === 'pending' && state.gen === expect)) return unchanged(state)
  if (state?._tag === 'fired' && series === undefined) return unchanged(state)
  if (series !== undefined && state?._tag === 'pending' && state.series === series)
    return {
      to: state,
      answer: { _tag: 'scheduled', gen: state.gen, dueMs: state.dueMs, replaced: false },
      effects: [],
    }
  if (isCancelledAlready(state, source)) return { to: state, answer: { _tag: 'cancelled' }, effects: [] }
  return {
    to: { _tag: 'pending', gen, dueMs, ...(series === undefined ? {} : { series }), answered: state?.answered ?? [] },
    answer: { _tag: 'scheduled', gen, dueMs, replaced: state?._tag === 'pending' },
    effects: [{ _tag: 'route', place: placeOf(ladder, dueMs, now, waitMs), gen, dueMs }],
  }
}

/** Whether what was made of `source` was cancelled by what came before it, though it is no earlier. */
const isCancelledAlready = (state: JobState | undefined, source: CommandSource | undefined): boolean =>
  (state?._tag === 'ahead' || state?._tag === 'cancelled') &&
  state.source !== undefined &&
  source !== undefined &&
  isNoLater(source, state.source)

/** In one partition its order says; between two there is nothing but their records' times. */
const isNoLater = (a: CommandSource, b: CommandSource): boolean =>
  a.topic === b.topic && a.partition === b.partition ? a.offset <= b.offset : a.timestamp <= b.timestamp

const cancel = (
  { keptMs, aheadMs }: JobRules,
  state: JobState | undefined,
  source: CommandSource | undefined,
  now: number,
): Asked => {
  const answered = state?.answered ?? []
  switch (state?._tag) {
    case 'pending':
      return {
        to: { _tag: 'cancelled', source, answered, untilMs: now + (source === undefined ? keptMs : aheadMs) },
        answer: { _tag: 'cancelled' },
        effects: [],
      }
    case 'fired':
      return unchanged(state)
    default: {
      if (source === undefined) return unchanged(state)
      const known = state?._tag === 'ahead' || state?._tag === 'cancelled' ? state.source : undefined
      // of two, the later one speaks of more
      const later = known !== undefined && isNoLater(source, known) ? known : source
      const tag = state?._tag === 'cancelled' ? 'cancelled' : 'ahead'
      return {
        to: { _tag: tag, source: later, answered, untilMs: now + aheadMs },
        answer: look(state),
        effects: [],
      }
    }
  }
}

const remember = ({ askedMs }: JobRules, state: JobState | undefined, one: Answered, now: number): JobState => {
  const answered = [...(state?.answered ?? []), one].slice(-answersKept)
  return state === undefined || state._tag === 'asked'
    ? { _tag: 'asked', answered, untilMs: now + askedMs }
    : { ...state, answered }
}

const told = (event: JobCommand, answer: JobAnswer, isRepeated: boolean): readonly JobEffect[] => {
  const telling: JobEffect = { _tag: 'told', what: event._tag, answer, isRepeated }
  return event.command === undefined ? [telling] : [telling, { _tag: 'answer', command: event.command, answer }]
}
