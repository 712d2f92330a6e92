import type { ReplaySubject } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import type { Engine, Membership } from '../contracts/engine.ts'
import type { Random } from '../contracts/random.ts'
import type { Barrier } from '../contracts/tier.ts'
import type { Committer } from './committer.ts'
import type { Counters } from './counters.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { LocalState } from './local-state.ts'
import type { Notice } from './notice.ts'
import type { RunSettings } from './options.ts'
import type { Plan } from './plan.ts'
import type { RunTopics } from './run-topics.ts'

/** What one running instance is made of. */
export interface RunSetup {
  readonly engine: Engine
  readonly plan: Plan
  /** What its tiers wait for, beside their time. */
  readonly barrier: Barrier | undefined
  /** What it reads was written for it alone. */
  readonly ownsTopics: boolean
  readonly settings: RunSettings
  readonly topics: RunTopics
  readonly membership: Membership
  readonly committer: Committer
  readonly calls: EngineCalls
  readonly counters: Counters
  /** What it keeps of its state on this machine. */
  readonly local: LocalState
  readonly notices: ReplaySubject<Notice>
  readonly clock: Clock
  readonly random: Random
  /** Lets go of what was taken for the run. */
  readonly release: () => void
}
