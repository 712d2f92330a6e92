import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import { partitionName } from '../contracts/position.ts'
import { drive, type FetchPositionEffect } from '../protocol/client/fetch-position.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { LiveTask } from './live-task.ts'
import type { Place } from './place.ts'

type Effect<Tag extends FetchPositionEffect['_tag']> = Extract<FetchPositionEffect, { readonly _tag: Tag }>

/** A partition that could not be read. */
export interface Unreadable {
  readonly task: LiveTask
  readonly place: Place
  /** It may be asked for again. */
  readonly rested: () => void
}

/**
 * What a run does where its position machine cannot read on: damage halts the task, told once; what may pass is asked for
 * again after a pause, told each time; a gap that retention left is told.
 *
 * **Errors** throws {@link MillraceError} for all else, which ends the run.
 */
export const holdUp = (calls: EngineCalls, at: Unreadable, effect: FetchPositionEffect): void => {
  switch (effect._tag) {
    case 'handOn':
      return
    case 'overtaken':
      at.place.damage = undefined
      return calls.tell('reading', overtaken(at.place, effect))
    case 'rest':
      return rest(calls, at, effect)
    case 'outside':
      throw new MillraceError(outside(at.place, effect))
    case 'stop':
      throw new MillraceError(effect.failure)
  }
}

const rest = (
  calls: EngineCalls,
  { task, place, rested }: Unreadable,
  { failure, failures, epoch }: Effect<'rest'>,
): void => {
  const retryInMs = calls.later(failures, () => {
    drive(place, { _tag: 'rested', epoch })
    rested()
  })
  if (failure.code !== 'corrupt-log')
    return calls.tellAgain(`reading ${partitionName(place.source)}`, failure, { failures, retryInMs })
  if (place.damage === undefined) calls.tellHalted(task.task, failure)
  place.damage = failure
}

const overtaken = ({ source }: Place, { from, to }: Effect<'overtaken'>): EngineFailure =>
  engineFailure(
    'offset-out-of-range',
    `records ${from} to ${to - 1} of ${partitionName(source)} were deleted before they were read: going on at ${to}; raise the topic's retention`,
  )

const outside = ({ source }: Place, { offset, startOffset, endOffset }: Effect<'outside'>): EngineFailure =>
  engineFailure(
    'offset-out-of-range',
    `the pipeline's offset ${offset} of ${partitionName(source)} is outside of ${startOffset} to ${endOffset}: was the topic deleted and created ` +
      'again, or restored from a backup? Run it under another name, or delete its group (millrace.deleteGroup), and it begins at the oldest record',
  )
