import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import { isOpening } from './as-next-owner.ts'
import type { Lifetime } from './lifetime.ts'
import { markOf, type SeenDirectory, type Snapshot, takeSnapshot } from './snapshot.ts'
import { Turns } from './turns.ts'
import type { Wakeups } from './wakeups.ts'

/** How often the directory is looked at while somebody waits, at most. */
const lookMs = 100
/** A look that takes long is followed by a longer pause: so many times as long as it took. */
const pauseFactor = 10

/** The newest snapshot of a directory. */
export class View {
  readonly #directory: SeenDirectory
  readonly #turns = new Turns()
  now: Snapshot
  #restUntil = 0

  constructor(directory: SeenDirectory, first: Snapshot) {
    this.#directory = directory
    this.now = first
  }

  /** Looks whether there is more to see. What cannot be read just now leaves the last snapshot as it is. */
  look(): Promise<E.Either<EngineFailure, void>> {
    return this.#turns.take(async () => {
      const { clock } = this.#directory
      const from = clock.elapsed()
      if (from < this.#restUntil) return E.right(undefined)
      const mark = markOf(this.#directory)
      if (mark._tag === 'Left') return mark
      if (mark.right.text === this.now.mark.text) return E.right(undefined)
      const taken = await takeSnapshot(this.#directory)
      if (taken._tag === 'Left') return taken
      this.#take(taken.right)
      const tookMs = clock.elapsed() - from
      this.#restUntil = clock.elapsed() + tookMs * pauseFactor
      return E.right(undefined)
    })
  }

  /** Readers may have come behind what an owner that has just come is about to write: they go on once it is there. */
  #take(next: Snapshot): void {
    if (next.mark.isOwned && isOpening(this.now.foretold, next.partitions)) return next.close()
    this.now.close()
    this.now = next
  }

  close(): void {
    this.now.close()
  }
}

/** Looks now and then while anybody waits. */
export const watch = ({
  view,
  wakeups,
  lifetime,
  clock,
}: {
  readonly view: View
  readonly wakeups: Wakeups
  readonly lifetime: Lifetime
  readonly clock: Clock
}): void => {
  if (lifetime.ended !== undefined) return
  clock.after(lookMs, () => {
    const looked = wakeups.isWaitedFor ? view.look().then(() => wakeups.wakeAll()) : Promise.resolve()
    void looked.then(() => watch({ view, wakeups, lifetime, clock }))
  })
}
