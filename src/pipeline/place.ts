import type { EngineFailure } from '../contracts/failure.ts'
import type { Tier } from '../contracts/tier.ts'
import { drive, type FetchPolicy, type FetchPosition, startFetching } from '../protocol/client/fetch-position.ts'
import type { Source } from './source.ts'

/** A pipeline loses nothing silently, and waits where something can be mended while the other tasks go on. */
const policy: FetchPolicy = { overtaken: 'go-on', damaged: 'look-again' }

/** Where one partition of a task stands. */
export class Place {
  readonly source: Source
  /** Where its records wait until they are due; none where they need not. */
  readonly tier: Tier | undefined
  position: FetchPosition
  /** Everything before it is committed, or not for users. */
  committed = 0
  /** What was found where it stands, from when it is found to when it can be read on. */
  damage: EngineFailure | undefined
  /** A fetch that includes it is under way. */
  isFetching = false

  constructor(source: Source, tier?: Tier) {
    this.source = source
    this.tier = tier
    this.position = startFetching(source, 0, policy)
  }

  /** Where the next fetch begins. */
  get next(): number {
    return this.position.offset
  }

  /** All before `offset` is committed: goes on from there. */
  begin(offset: number): void {
    drive(this, { _tag: 'seek', offset })
    this.committed = offset
  }
}
