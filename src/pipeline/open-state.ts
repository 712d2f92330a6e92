import type { Clock } from '../contracts/clock.ts'
import type { Engine, TopicDescription } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { StateStore } from '../contracts/state-store.ts'
import type { AnyStore } from '../contracts/store.ts'
import { type Ask, changelogEnds } from '../store/changelog.ts'
import { openLevelStore } from '../store/level-store.ts'
import { memoryStore } from '../store/memory-store.ts'
import { readSnapshot } from '../store/snapshot-file.ts'
import { type ChangelogNow, whyUseless } from '../store/standing.ts'

export interface OpenStateOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly declaration: AnyStore
  readonly changelog: TopicDescription
  readonly task: number
  readonly signal: AbortSignal
  readonly ask?: Ask | undefined
  readonly breathe: () => Promise<void>
  /** A copy on this machine is of no use, and was thrown away. */
  readonly discarded: (why: string) => void
}

/** A state, as far as this machine had a copy of it. */
export interface OpenedState {
  readonly state: StateStore
  /** All of the changelog before it is in the state. */
  readonly from: number
  readonly end: number
}

/** How long a removal is to be found where a topic says nothing: Kafka's own default. */
const tombstonesMsDefault = 24 * 60 * 60 * 1000

/** The name of a task's copy of a store. */
export const copyName = (changelog: string, task: number): string => `${changelog}-${task}`

/** What {@link copyName} ends in, for a snapshot. */
export const snapshotSuffix = '.snapshot'

/** Opens the state of a task's store, from a copy on this machine where there is one that is of use. */
export const openState = async (o: OpenStateOptions): Promise<OpenedState> => {
  const { engine, changelog, task, signal, ask } = o
  const ends = await changelogEnds({ engine, at: { topic: changelog.name, partition: task }, signal, ask })
  const now = {
    ...ends,
    id: changelog.id,
    tombstonesMs: changelog.config['delete.retention.ms'] ?? tombstonesMsDefault,
    now: o.clock.now(),
  }
  const opened = o.declaration.in === 'disk' ? await onDisk(o, now) : await inMemory(o, now)
  return { ...opened, end: ends.end }
}

const inMemory = async (o: OpenStateOptions, now: ChangelogNow): Promise<Omit<OpenedState, 'end'>> => {
  const state = memoryStore()
  const from = now.start
  if (o.engine.state === undefined) return { state, from }
  const { storage } = o.engine.state
  const path = `${copyName(o.changelog.name, o.task)}${snapshotSuffix}`
  const outcome = await readSnapshot({
    storage,
    path,
    whyUseless: (standing) => whyUseless(standing, now),
    begin: state.reserve,
    fill: (changes) => state.commit(changes, undefined),
    breathe: o.breathe,
  })
  if (outcome._tag === 'none') return { state, from }
  if (outcome._tag === 'read') return { state, from: outcome.standing.from }
  state.close()
  storage.remove(path)
  o.discarded(`snapshot ${storage.name}/${path} was thrown away, and the changelog is read instead: ${outcome.why}`)
  return { state: memoryStore(), from }
}

const onDisk = async (o: OpenStateOptions, now: ChangelogNow): Promise<Omit<OpenedState, 'end'>> => {
  const root = directoryOf(o.engine, o.declaration.name)
  const path = `${root}/${copyName(o.changelog.name, o.task)}.level`
  const state = await openLevelStore({ path, clock: o.clock })
  const standing = state.standing()
  const why = standing === undefined ? undefined : whyUseless(standing, now)
  if (standing !== undefined && why === undefined) return { state, from: standing.from }
  await state.begin(now.id)
  if (why !== undefined) o.discarded(`the store in ${path} was thrown away, and the changelog is read instead: ${why}`)
  return { state, from: now.start }
}

/** **Errors** throws `MillraceError` `unsupported` where there is no directory to keep a store in. */
export const directoryOf = ({ name, state }: Engine, store: string): string => {
  if (state?.path !== undefined) return state.path
  const message = `store '${store}' is to be kept on disk, and ${name} has no directory on this machine: name one, connect(…, { state: './state' })`
  throw new MillraceError(engineFailure('unsupported', message))
}
