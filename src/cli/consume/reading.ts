import type { Clock } from '../../contracts/clock.ts'
import type { Engine, Isolation, TopicDescription } from '../../contracts/engine.ts'
import type { IdleTimer } from './idle-timer.ts'
import type { Printer } from './printer.ts'
import type { ShowOptions } from './show-record.ts'

/** What `millrace consume` was told. */
export interface ConsumeOptions extends ShowOptions {
  readonly topic: string
  readonly fromBeginning?: boolean
  readonly offset?: number | 'earliest' | 'latest'
  readonly fromTimestamp?: number
  readonly partition?: readonly number[]
  readonly group?: string
  readonly maxMessages?: number
  readonly untilLatest?: boolean
  readonly timeoutMs?: number
  readonly skipMessageOnError?: boolean
  readonly isolationLevel: Isolation
}

/** A topic that is being read onto stdout. */
export interface Reading {
  readonly engine: Engine
  readonly clock: Clock
  readonly topic: TopicDescription
  readonly options: ConsumeOptions
  readonly printer: Printer
  /** Aborts when nothing more is to be read. */
  readonly ended: AbortSignal
  /** Runs where records could come, and none do; {@link ended} aborts with it. */
  readonly idle: Pick<IdleTimer, 'restart' | 'stop'>
}
