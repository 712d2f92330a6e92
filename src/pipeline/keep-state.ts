import type { Position } from '../contracts/position.ts'
import { entryBytes } from '../store/memory-store.ts'
import type { DonePrefix } from './done-prefix.ts'
import type { LiveTask, TakenPrefix } from './live-task.ts'
import type { StateWrite, TaskStore } from './task-store.ts'

/** What is committed goes into the states of its task; `written` says where it ends in their changelogs. */
export const keepState = async ({ task, prefix }: TakenPrefix, written: readonly Position[]): Promise<void> => {
  if (prefix.writes.length === 0) return
  for (const [store, writes] of byStore(prefix)) {
    if (!task.isOurs) return
    await kept(store, writes, endOf(task, store, written))
  }
}

/** Of a prefix that is committed: its changes are the state from now on, and nothing of them is pending. */
export const applyWrites = async (prefix: DonePrefix): Promise<void> => {
  for (const [store, writes] of byStore(prefix)) await kept(store, writes, undefined)
}

const kept = async (store: TaskStore, writes: readonly StateWrite[], end: number | undefined): Promise<void> => {
  const isKept = store.state.commit(writes, end)
  if (isKept !== undefined) await isKept
  for (const write of writes) store.committed(write)
  if (store.changed === undefined) return
  let bytes = 0
  for (const { key, value } of writes) bytes += key.length + (value?.length ?? 0) + entryBytes
  store.changed(bytes)
}

/** Without those that are not worth writing. */
const byStore = ({ writes }: DonePrefix): ReadonlyMap<TaskStore, readonly StateWrite[]> => {
  const all = new Map<TaskStore, StateWrite[]>()
  let last: TaskStore | undefined
  let ofLast: StateWrite[] = []
  for (const write of writes) {
    if (write.isSuperseded) continue
    if (write.store !== last) {
      last = write.store
      ofLast = all.get(last) ?? []
      all.set(last, ofLast)
    }
    ofLast.push(write)
  }
  return all
}

/** Where the changelog ends with what was written to it last. */
const endOf = (task: LiveTask, { changelog }: TaskStore, written: readonly Position[]): number | undefined => {
  let end: number | undefined
  for (const { topic, partition, offset } of written)
    if (topic === changelog.topic && partition === task.task && offset > (end ?? 0)) end = offset
  return end
}
