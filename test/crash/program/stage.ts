import type { Clock } from '../../../src/contracts/clock.ts'
import type { Engine } from '../../../src/contracts/engine.ts'
import { MillraceError } from '../../../src/contracts/failure.ts'
import type { Millrace } from '../../../src/millrace/millrace.ts'
import type { Act, Tell } from '../told.ts'

/** What a program works with. */
export interface StageOptions {
  readonly millrace: Millrace
  /** What it is connected to. */
  readonly engine: Engine
  readonly clock: Clock
  /** Uniform over [0, 1). */
  readonly random: () => number
  readonly tell: Tell
  /** The actor's, another for each of a life. */
  readonly name: string
  /** Which life of its directory this is: values and lanes carry it. */
  readonly life: number
  /** How often each actor acts. */
  readonly acts: number
  /** The disk may have no room, so that calls are refused or give up. */
  readonly mayBeFull: boolean
  /** The pipeline's state is kept on disk. */
  readonly isStateOnDisk: boolean
}

/** Where actors act: they tell what they begin before they do it, and how it ended once that is known. */
export class Stage {
  readonly millrace: Millrace
  readonly engine: Engine
  readonly clock: Clock
  readonly acts: number
  readonly tell: Tell
  readonly isStateOnDisk: boolean
  /** What it writes to a partition, it writes in order. */
  readonly lane: string
  readonly #random: () => number
  readonly #mayBeFull: boolean
  #begun = 0
  #values = 0

  constructor(options: StageOptions) {
    this.millrace = options.millrace
    this.engine = options.engine
    this.clock = options.clock
    this.acts = options.acts
    this.#random = options.random
    this.lane = `${options.life}.${options.name}`
    this.tell = options.tell
    this.isStateOnDisk = options.isStateOnDisk
    this.#mayBeFull = options.mayBeFull
  }

  /** Tells `act`, does it, and tells how it ended: `offsets` are those of its records, where its answer has them. */
  async perform<A>(
    act: Act,
    call: () => Promise<A>,
    offsets: (answer: A) => readonly number[] = () => [],
  ): Promise<void> {
    const id = `${this.lane}.${this.#begun++}`
    this.tell({ tag: 'begun', id, act })
    try {
      const at = offsets(await call())
      this.tell(at.length === 0 ? { tag: 'ended', id, how: 'done' } : { tag: 'ended', id, how: 'done', at })
    } catch (error) {
      const isUnknown = error instanceof MillraceError && (error.kind === 'indeterminate' || error.kind === 'fatal')
      this.tell({ tag: 'ended', id, how: isUnknown || act.kind !== 'transaction' ? 'unknown' : 'given up' })
      if (!(error instanceof GivenUp)) this.failed(error)
    }
  }

  /** Tells a failure, unless it is what a full disk is answered with. */
  failed(error: unknown): void {
    const code = error instanceof MillraceError ? error.code : 'thrown'
    if (this.#mayBeFull && onFullDisk.has(code)) return
    this.tell({ tag: 'failed', code, message: error instanceof Error ? String(error.stack) : String(error) })
  }

  below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  pick<A>(all: readonly A[]): A {
    return all[this.below(all.length)] as A
  }

  /** A value that nobody else writes, of a length that varies. */
  value(key: string): string {
    return `${key}:${this.lane}.${this.#values++}${'.'.repeat(this.below(60))}`
  }

  /** Up to so many milliseconds; none at all most of the time. */
  async pause(most: number): Promise<void> {
    const ms = this.#random() < 0.5 ? 0 : this.#random() * most
    await new Promise<void>((over) => this.clock.after(ms, over, true))
  }
}

/** Ends a transaction that is not to be. */
export class GivenUp extends Error {}

/** With those that follow from a topic which could not be made, or not be deleted. */
const onFullDisk: ReadonlySet<string> = new Set([
  'storage-full',
  'timed-out',
  'transaction-aborted',
  'unknown-topic',
  'unknown-partition',
  'invalid-partitions',
])
