import type { GroupEvent, Membership } from '../../contracts/engine.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import { until } from './calls.ts'
import type { EngineSubject } from './subject.ts'

/** A member that notes what happens to it, and lets go of what it is asked for at once, unless told to hold it. */
export interface Watcher {
  readonly membership: Membership
  readonly events: readonly GroupEvent[]
  /** Names of what it holds now. */
  readonly owned: ReadonlySet<string>
  readonly ended: { how?: 'completed' | 'failed'; failure?: unknown }
  readonly waitFor: (what: (watcher: Watcher) => boolean) => Promise<void>
}

const names = (partitions: readonly TopicPartition[]) => partitions.map(partitionName)

export const watch = (
  subject: Pick<EngineSubject, 'elapse'>,
  membership: Membership,
  release: (event: Extract<GroupEvent, { _tag: 'revoked' }>) => void = (event) => event.release(),
): Watcher => {
  const events: GroupEvent[] = []
  const owned = new Set<string>()
  const ended: Watcher['ended'] = {}
  const watcher: Watcher = {
    membership,
    events,
    owned,
    ended,
    waitFor: async (what) => {
      await until(
        subject,
        async () => watcher,
        (state) => what(state),
        ({ owned, events, ended }) => ({ owned, events: events.map(({ _tag }) => _tag), ended }),
      )
    },
  }
  membership.events.subscribe({
    next: (event) => {
      events.push(event)
      if (event._tag === 'assigned') for (const name of names(event.partitions)) owned.add(name)
      else for (const name of names(event.partitions)) owned.delete(name)
      if (event._tag === 'revoked') release(event)
    },
    error: (failure: unknown) => {
      ended.how = 'failed'
      ended.failure = failure
    },
    complete: () => {
      ended.how = 'completed'
    },
  })
  return watcher
}
