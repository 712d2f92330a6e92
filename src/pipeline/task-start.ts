import type { Clock } from '../contracts/clock.ts'
import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import { partitionName } from '../contracts/position.ts'
import type { AnyStore } from '../contracts/store.ts'
import { type Ask, restore } from '../store/changelog.ts'
import { entryBytes } from '../store/memory-store.ts'
import { Breath } from './breath.ts'
import type { LiveTask } from './live-task.ts'
import { openState } from './open-state.ts'
import { parkedStates } from './parked-gauge.ts'
import { parkedName } from './retry-topics.ts'
import type { RunSetup } from './run-setup.ts'
import type { OutputTopic } from './run-topics.ts'
import { TaskStore } from './task-store.ts'

/** What starting a task takes. */
export type StartSetup = Pick<RunSetup, 'engine' | 'plan' | 'topics' | 'calls' | 'clock' | 'notices' | 'local'>

/**
 * Finds where a task goes on, which is where its offsets were committed, or else the oldest record; then restores its
 * state. In this order: whoever had the task is fenced or has let go, so that what its changelog has committed by now
 * belongs to those offsets.
 */
export const startTask = async (o: StartSetup, task: LiveTask): Promise<void> => {
  await findPlaces(o, task)
  for (const name of o.plan.stores.keys()) {
    if (!task.isOurs) return
    await startStore(o, task, name)
  }
  const parked = task.stores.get(parkedName)
  if (parked !== undefined) task.parked.begin(await parkedStates(parked), o.clock.now())
}

const startStore = async (o: StartSetup, task: LiveTask, name: string): Promise<void> => {
  const { engine, plan, calls, clock, local } = o
  const declaration = plan.stores.get(name) as AnyStore
  const changelog = o.topics.changelogs.get(name) as OutputTopic
  const { signal } = task.ended
  const breathe = breathing(clock)
  const owner = { pipeline: plan.name, task: task.task }
  const described = await calls.again('describing a changelog', () => engine.topics.describe([changelog.topic]))
  const [topic] = described
  if (topic === undefined) throw new MillraceError(gone(plan.name, changelog.topic))
  const ask: Ask = (what, call) => calls.again(what, call)
  const opening = { engine, clock, declaration, changelog: topic, task: task.task }
  const discarded = (why: string): void =>
    o.notices.next({
      _tag: 'state-discarded',
      message: `pipeline '${plan.name}': ${why}`,
      store: name,
      task: task.task,
    })
  const { state, from, end } = await openState({ ...opening, signal, ask, breathe, discarded })
  const store = new TaskStore({ declaration, changelog, state, owner })
  task.stores.set(name, store)
  if (!task.isOurs) return void state.close()
  const changed = local.copies({ state, store: name, changelogId: topic.id, changelog: topic.name, task })
  const progress = local.restoring(from, end)
  try {
    await restore({
      engine,
      at: { topic: topic.name, partition: task.task },
      state,
      signal,
      ask,
      from,
      end,
      passed: async (offset, read) => {
        progress.passed(offset, read)
        // what waits in order makes room as it comes in, and nobody can give it more
        if (name !== parkedName && store.overfull !== undefined) throw store.overfull
        changed?.(read.bytes + read.records * entryBytes)
        await breathe()
      },
    })
  } finally {
    progress.end()
  }
  if (changed !== undefined) store.changed = changed
}

/** Waits for a turn of the event loop, where the one at hand has had its time. */
const breathing = (clock: Clock): (() => Promise<void>) => {
  const breath = new Breath(clock)
  return async () => {
    if (breath.isSpent) await new Promise<void>((resolve) => breath.await(resolve))
  }
}

const gone = (pipeline: string, topic: string): EngineFailure =>
  engineFailure('unknown-topic', `pipeline '${pipeline}' keeps state in topic '${topic}', which is gone: run it again`)

const findPlaces = async ({ engine, plan, calls }: StartSetup, { places }: LiveTask): Promise<void> => {
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
