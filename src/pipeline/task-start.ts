import type { Engine } from '../contracts/engine.ts'
import { partitionName } from '../contracts/position.ts'
import { restore } from '../store/changelog.ts'
import { memoryStore } from '../store/memory-store.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { LiveTask } from './live-task.ts'
import type { Plan } from './plan.ts'
import type { OutputTopic, RunTopics } from './run-topics.ts'
import { TaskStore } from './task-store.ts'

/**
 * Finds where a task goes on, which is where its offsets were committed, or else the oldest record; then restores its
 * state. In this order: whoever had the task is fenced or has let go, so that what its changelog has committed by now
 * belongs to those offsets.
 */
export const startTask = async (
  o: { readonly engine: Engine; readonly plan: Plan; readonly topics: RunTopics; readonly calls: EngineCalls },
  task: LiveTask,
): Promise<void> => {
  await findPlaces(o, task)
  for (const [name, declaration] of o.plan.stores) {
    const changelog = o.topics.changelogs.get(name) as OutputTopic
    const owner = { pipeline: o.plan.name, task: task.task }
    const store = new TaskStore({ declaration, changelog, state: memoryStore(), owner })
    const { state } = store
    const passed = (): undefined => {
      if (store.overfull !== undefined) throw store.overfull
    }
    const at = { topic: changelog.topic, partition: task.task }
    await restore({ engine: o.engine, at, state, signal: task.ended.signal, passed })
    task.stores.set(name, store)
  }
}

const findPlaces = async (
  { engine, plan, calls }: { readonly engine: Engine; readonly plan: Plan; readonly calls: EngineCalls },
  { places }: LiveTask,
): Promise<void> => {
  const partitions = places.map(({ source: { topic, partition } }) => ({ topic, partition }))
  const committed = await calls.again('reading its committed offsets', () =>
    engine.groups.committed(plan.name, partitions),
  )
  const known = new Map(committed.map((at) => [partitionName(at), at.offset]))
  const missing = partitions.filter((at) => !known.has(partitionName(at)))
  if (missing.length > 0) {
    const queries = missing.map((at) => ({ ...at, at: 'earliest' as const }))
    const earliest = await calls.again('reading its oldest offsets', () =>
      engine.reader.offsets(queries, 'read_committed'),
    )
    for (const at of earliest) known.set(partitionName(at), at.offset)
  }
  for (const place of places) place.begin(known.get(partitionName(place.source)) ?? 0)
}
