import type { EngineFeatures } from '../contracts/engine.ts'

/** Everything that Kafka's broker can do; `persistence`: true, or why not. */
export const allFeatures = (persistence: EngineFeatures['persistence']): EngineFeatures => ({
  persistence,
  transactions: true,
  groups: true,
  'static-members': true,
  'delete-records': true,
  grow: true,
  'topic-configs': true,
})
