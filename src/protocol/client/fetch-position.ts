import type { EngineFailure } from '../../contracts/failure.ts'
import type { Position, TopicPartition } from '../../contracts/position.ts'

/** What a reader does where it cannot read on by itself. */
export interface FetchPolicy {
  /** Retention was faster, and records were deleted that it has not read: go on behind them, aloud, or stop. */
  readonly overtaken: 'go-on' | 'stop'
  /** The log is damaged where it stands: look again, since somebody may restore it, or stop. */
  readonly damaged: 'look-again' | 'stop'
}

/** Where a reader stands in one partition. Plain data, never changed in place. */
export interface FetchPosition extends Position {
  readonly policy: FetchPolicy
  /** Counts what became of it: what was asked for at an earlier epoch is stale. */
  readonly epoch: number
  /**
   * - `ready`: to be fetched
   * - `handing-on`: what was fetched is on its way to whoever reads
   * - `resting`: it failed, and may be asked for again later
   * - `stopped`: it could not go on, and waits for a seek, or a pause
   */
  readonly phase: 'ready' | 'handing-on' | 'resting' | 'stopped'
  readonly paused: boolean
  /** In a row, since something was last fetched. */
  readonly failures: number
}

/** What answers a fetch or an effect carries the epoch that it was asked for at. */
export type FetchPositionCommand =
  | { readonly _tag: 'seek'; readonly offset: number }
  | { readonly _tag: 'pause' }
  | { readonly _tag: 'resume' }
  /** A fetch has answered for this partition. */
  | { readonly _tag: 'fetched'; readonly epoch: number }
  /** All before `offset` is handed on. */
  | { readonly _tag: 'handedOn'; readonly epoch: number; readonly offset: number }
  /** All before `offset` is handed on, and the reader cannot go on with what is there. */
  | { readonly _tag: 'stuck'; readonly epoch: number; readonly offset: number }
  | ({ readonly _tag: 'failed'; readonly epoch: number; readonly failure: EngineFailure } & LogRange)
  | { readonly _tag: 'rested'; readonly epoch: number }

/** What a partition holds, for `offset-out-of-range`: whoever answers must know it. */
export interface LogRange {
  readonly startOffset: number
  /** Exclusive. */
  readonly endOffset: number
}

export type FetchPositionEffect =
  /** What was fetched counts: hand on what is at or behind `from`, and say so. Without this effect, drop it. */
  | { readonly _tag: 'handOn'; readonly from: number; readonly epoch: number }
  /** Say aloud that the records before `to` were deleted before they were read. */
  | { readonly _tag: 'overtaken'; readonly from: number; readonly to: number }
  /** Wait a little, longer with each failure, and send `rested`. */
  | { readonly _tag: 'rest'; readonly failure: EngineFailure; readonly failures: number; readonly epoch: number }
  /** Nothing more comes from this partition: its offset is outside of the log. */
  | ({ readonly _tag: 'outside'; readonly offset: number } & LogRange)
  /** Nothing more comes from this partition. */
  | { readonly _tag: 'stop'; readonly failure: EngineFailure }

export type FetchPositionStep = readonly [FetchPosition, readonly FetchPositionEffect[]]

/** A reader that stands at `offset`. */
export const startFetching = (
  { topic, partition }: TopicPartition,
  offset: number,
  policy: FetchPolicy,
): FetchPosition => ({ topic, partition, offset, policy, epoch: 0, phase: 'ready', paused: false, failures: 0 })

/** Whether the next fetch asks for it: at its offset, to be answered with its epoch. */
export const isWanted = ({ phase, paused }: FetchPosition): boolean => phase === 'ready' && !paused

/**
 * The position of a reader in one partition, whatever fetches it: one request asks for many, and a step is due only
 * for those that had something.
 *
 * **Guarantees** of what is under way for one position at most one answer counts, and none that was asked for before a
 * seek; so that between seeks what is handed on goes up without gap or repetition, but for the gaps that are told.
 * Nothing is handed on while it is paused. One that rests or has stopped comes back with `rested`, a seek or a pause.
 */
export const stepFetching = (state: FetchPosition, command: FetchPositionCommand): FetchPositionStep => {
  if ('epoch' in command && command.epoch !== state.epoch) return [state, []]
  switch (command._tag) {
    case 'seek':
      return [ready(state, command.offset), []]
    case 'pause':
      return [{ ...(state.phase === 'stopped' ? ready(state, state.offset) : state), paused: true }, []]
    case 'resume':
      return [{ ...state, paused: false }, []]
    case 'fetched':
      return isWanted(state) ? handOn(state) : [state, []]
    case 'handedOn':
      return [ready(state, Math.max(state.offset, command.offset)), []]
    case 'stuck':
      return [stopped({ ...state, offset: Math.max(state.offset, command.offset) }), []]
    case 'failed':
      return isWanted(state) ? failed(state, command.failure, command) : [state, []]
    case 'rested':
      return [state.phase === 'resting' ? { ...state, phase: 'ready' } : state, []]
  }
}

/** Steps the position that `holder` keeps, and answers what is to be done. */
export const drive = (
  holder: { position: FetchPosition },
  command: FetchPositionCommand,
): readonly FetchPositionEffect[] => {
  const [position, effects] = stepFetching(holder.position, command)
  holder.position = position
  return effects
}

const ready = (state: FetchPosition, offset: number): FetchPosition => ({
  ...state,
  offset,
  epoch: state.epoch + 1,
  phase: 'ready',
  failures: 0,
})

const stopped = (state: FetchPosition): FetchPosition => ({ ...state, epoch: state.epoch + 1, phase: 'stopped' })

const handOn = (state: FetchPosition): FetchPositionStep => {
  const epoch = state.epoch + 1
  return [{ ...state, epoch, phase: 'handing-on' }, [{ _tag: 'handOn', from: state.offset, epoch }]]
}

const failed = (
  state: FetchPosition,
  failure: EngineFailure,
  { startOffset, endOffset }: LogRange,
): FetchPositionStep => {
  const { offset, policy } = state
  if (failure.code === 'offset-out-of-range') {
    if (offset < startOffset && policy.overtaken === 'go-on')
      return [ready(state, startOffset), [{ _tag: 'overtaken', from: offset, to: startOffset }]]
    return [stopped(state), [{ _tag: 'outside', offset, startOffset, endOffset }]]
  }
  return mayPass(failure, policy) ? rest(state, failure) : [stopped(state), [{ _tag: 'stop', failure }]]
}

const mayPass = ({ kind, code }: EngineFailure, { damaged }: FetchPolicy): boolean =>
  kind === 'retriable' || kind === 'indeterminate' || (code === 'corrupt-log' && damaged === 'look-again')

const rest = (state: FetchPosition, failure: EngineFailure): FetchPositionStep => {
  const epoch = state.epoch + 1
  const failures = state.failures + 1
  return [{ ...state, epoch, phase: 'resting', failures }, [{ _tag: 'rest', failure, failures, epoch }]]
}
