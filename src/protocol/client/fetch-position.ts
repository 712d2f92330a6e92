import type { OffsetAt } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'

/** What to do where there is no committed offset, or what there is lies outside of the log. */
export type ResetPolicy = 'earliest' | 'latest' | 'fail'

/** A place in a partition as it may be asked for. */
export type FetchTarget = number | OffsetAt | 'committed'

/** Where a reader stands in one partition. Plain data, never changed in place. */
export interface FetchPosition {
  readonly partition: TopicPartition
  readonly reset: ResetPolicy
  /** The next offset to fetch, or what that offset is to be found by. */
  readonly target: FetchTarget
  /** Counts the seeks and resets: what belongs to an earlier one is stale. */
  readonly epoch: number
  readonly paused: boolean
  /** A fetch or a search of this epoch is under way. */
  readonly asking: boolean
  /** It could not go on, and waits for a seek. */
  readonly failed: boolean
}

/** Everything that answers an effect carries the epoch of that effect. */
export type FetchPositionCommand =
  | { readonly _tag: 'seek'; readonly to: FetchTarget }
  | { readonly _tag: 'pause' }
  | { readonly _tag: 'resume' }
  | { readonly _tag: 'committed'; readonly epoch: number; readonly offset: number | undefined }
  | { readonly _tag: 'found'; readonly epoch: number; readonly offset: number }
  | { readonly _tag: 'fetched'; readonly epoch: number; readonly nextOffset: number }
  | { readonly _tag: 'outOfRange'; readonly epoch: number; readonly startOffset: number; readonly endOffset: number }
  | { readonly _tag: 'failed'; readonly epoch: number; readonly failure: EngineFailure }

/** `again`: after a failure, so wait a little first. */
export type FetchPositionEffect =
  /** Ask the group's coordinator. */
  | { readonly _tag: 'findCommitted'; readonly epoch: number; readonly again: boolean }
  | { readonly _tag: 'findOffset'; readonly at: OffsetAt; readonly epoch: number; readonly again: boolean }
  | { readonly _tag: 'fetch'; readonly offset: number; readonly epoch: number; readonly again: boolean }
  /** What was fetched counts: hand it on. Without this effect it is stale, or the partition is paused: drop it. */
  | { readonly _tag: 'deliver' }
  /** The position left the log, and moves as the policy says: records may have been missed, so say it aloud. */
  | { readonly _tag: 'reset'; readonly from: number; readonly to: 'earliest' | 'latest' }
  /** Nothing more comes from this partition until a seek. */
  | { readonly _tag: 'fail'; readonly failure: EngineFailure }

export type FetchPositionStep = readonly [FetchPosition, readonly FetchPositionEffect[]]

/** Begins where the group has committed, or at another place. */
export const startFetching = (
  partition: TopicPartition,
  { at, reset }: { readonly at: FetchTarget; readonly reset: ResetPolicy },
): FetchPositionStep => ask({ partition, reset, target: at, epoch: 0, paused: false, asking: false, failed: false })

/**
 * The position of a reader in one partition.
 *
 * **Guarantees** at most one request under way in each epoch; what was fetched is delivered only if nobody has sought
 * elsewhere meanwhile, so that between seeks delivered offsets go up without gap or repetition.
 */
export const stepFetching = (state: FetchPosition, command: FetchPositionCommand): FetchPositionStep => {
  if ('epoch' in command && command.epoch !== state.epoch) return [state, []]
  switch (command._tag) {
    case 'seek':
      return ask({ ...state, target: command.to, epoch: state.epoch + 1, asking: false, failed: false })
    case 'pause':
      return [{ ...state, paused: true }, []]
    case 'resume':
      return ask({ ...state, paused: false })
    case 'committed':
      return command.offset === undefined ? resetFrom(state, undefined) : moveTo(state, command.offset)
    case 'found':
      return moveTo(state, command.offset)
    case 'fetched':
      return fetched(state, command.nextOffset)
    case 'outOfRange':
      return resetFrom(state, command)
    case 'failed':
      return failed(state, command.failure)
  }
}

const ask = (state: FetchPosition, again = false): FetchPositionStep => {
  const { target, epoch } = state
  if (state.asking || state.failed || (state.paused && typeof target === 'number')) return [state, []]
  const asking = { ...state, asking: true }
  if (typeof target === 'number') return [asking, [{ _tag: 'fetch', offset: target, epoch, again }]]
  if (target === 'committed') return [asking, [{ _tag: 'findCommitted', epoch, again }]]
  return [asking, [{ _tag: 'findOffset', at: target, epoch, again }]]
}

const moveTo = (state: FetchPosition, target: FetchTarget): FetchPositionStep =>
  ask({ ...state, target, asking: false })

const fetched = (state: FetchPosition, nextOffset: number): FetchPositionStep => {
  if (state.paused) return [{ ...state, asking: false }, []]
  const [next, effects] = moveTo(state, nextOffset)
  return [next, [{ _tag: 'deliver' }, ...effects]]
}

interface LogRange {
  readonly startOffset: number
  readonly endOffset: number
}

const resetFrom = (state: FetchPosition, log: LogRange | undefined): FetchPositionStep => {
  const { target, reset } = state
  if (reset === 'fail') return stop(state, noPlace(state, log))
  const [next, effects] = moveTo({ ...state, epoch: state.epoch + 1 }, reset)
  return typeof target === 'number' ? [next, [{ _tag: 'reset', from: target, to: reset }, ...effects]] : [next, effects]
}

const noPlace = ({ partition, target }: FetchPosition, log: LogRange | undefined): EngineFailure =>
  engineFailure(
    'offset-out-of-range',
    log === undefined || typeof target !== 'number'
      ? `no offset was committed for ${partitionName(partition)}: seek to one, or reset to 'earliest' or 'latest'`
      : `offset ${target} of ${partitionName(partition)} is outside of ${log.startOffset} to ${log.endOffset}: seek into it, or reset to 'earliest' or 'latest'`,
  )

const failed = (state: FetchPosition, failure: EngineFailure): FetchPositionStep => {
  const passing = failure.kind === 'retriable' || failure.kind === 'indeterminate'
  return passing ? ask({ ...state, asking: false }, true) : stop(state, failure)
}

const stop = (state: FetchPosition, failure: EngineFailure): FetchPositionStep => [
  { ...state, asking: false, failed: true },
  [{ _tag: 'fail', failure }],
]
