import type { EngineFeature } from '../../contracts/engine.ts'
import type { Scenario } from './subject.ts'

/** What an engine owes to its callers: holds unless `holds` rejects. */
export interface Law {
  readonly title: string
  /** Features without which it says nothing about an engine. */
  readonly needs: readonly EngineFeature[]
  readonly holds: (scenario: Scenario) => Promise<void>
}

export const law = (title: string, needs: readonly EngineFeature[], holds: Law['holds']): Law => ({
  title,
  needs,
  holds,
})
