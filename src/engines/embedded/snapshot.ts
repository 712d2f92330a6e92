import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import type { Random } from '../../contracts/random.ts'
import type { Storage } from '../../contracts/storage.ts'
import { fileName, offsetsInNames } from '../../log/file-names.ts'
import { Logs } from '../../log/logs.ts'
import { kafkaGroupSettings } from '../../protocol/broker/group-state.ts'
import { internalTopics } from '../internal-topics.ts'
import { actAsNextOwner, type Foretold } from './as-next-owner.ts'
import { Catalog } from './catalog.ts'
import { partitionDefinitions, partitionsOf } from './catalog-topic.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { InternalLog } from './internal-log.ts'
import { type OverlayStorage, overlayStorage } from './overlay-storage.ts'
import { readPid } from './owner-lock.ts'
import { Partitions } from './partitions.ts'
import { thrownFailure } from './thrown-failure.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>

/** The owner may be in the midst of something: a moment later the directory is whole again. */
const attemptsMax = 5
const attemptMs = 50

/** A directory that somebody else may own. */
export interface SeenDirectory {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: Random
  /** Whether anybody owns it; true where in doubt. */
  readonly isOwned: () => boolean
}

/** What tells whether there is more to see. */
export interface Mark {
  readonly isOwned: boolean
  /** Another one as soon as there is. */
  readonly text: string
}

/** A directory as it was when somebody looked. */
export interface Snapshot {
  readonly catalog: Catalog
  readonly partitions: Partitions
  readonly groups: GroupCoordinator
  readonly mark: Mark
  /** What is seen already, and will be written by the next owner; nothing where there is one. */
  readonly foretold: readonly Foretold[]
  readonly close: () => void
}

/**
 * Looks at a directory that somebody else may be writing to: recovers it, in memory, as its next owner would. Where nobody
 * owns it, everybody who was at work there is dead, and is treated so.
 *
 * **Errors** as for opening it; nothing is ever written there.
 */
export const takeSnapshot = async (directory: SeenDirectory): Answer<Snapshot> => {
  const { storage, clock } = directory
  for (let attempt = 1; ; attempt++) {
    const overlay = overlayStorage(storage)
    const recovered = await recoverInMemory(directory, overlay).catch((error: unknown) =>
      E.left(thrownFailure(storage.name, error)),
    )
    const taken = recovered._tag === 'Left' ? recovered : unlessTakenOver(directory, recovered.right)
    if (taken._tag === 'Right') return taken
    overlay.close()
    const mayPass = taken.left.code === 'corrupt-log' || taken.left.code === 'storage-failed'
    if (!mayPass || attempt === attemptsMax) return taken
    await new Promise<void>((next) => clock.after(attemptMs, next, true))
  }
}

/** An owner that came meanwhile may have begun transactions, which are not dead. */
const unlessTakenOver = (directory: SeenDirectory, snapshot: Snapshot): E.Either<EngineFailure, Snapshot> => {
  if (snapshot.mark.isOwned) return E.right(snapshot)
  const mark = markOf(directory)
  if (mark._tag === 'Left') return mark
  if (mark.right.text === snapshot.mark.text) return E.right(snapshot)
  const { name } = directory.storage
  return E.left(engineFailure('storage-failed', `${name} changed hands each time it was looked at: open it again`))
}

const recoverInMemory = async (directory: SeenDirectory, overlay: OverlayStorage): Answer<Snapshot> => {
  const { clock, random } = directory
  const mark = markOf(directory)
  if (mark._tag === 'Left') return mark
  const catalog = Catalog.load(overlay)
  if (catalog._tag === 'Left') return catalog
  const opened = await Logs.open({
    storage: overlay,
    durability: 'process',
    clock,
    partitions: partitionDefinitions(catalog.right.content.topics),
  })
  if (opened._tag === 'Left') return opened
  const logs = opened.right
  const partitions = new Partitions(catalog.right, logs)
  const seen = { catalog: catalog.right, partitions, mark: mark.right, close: overlay.close }
  if (!mark.right.isOwned) {
    const next = await actAsNextOwner({ ...seen, logs, clock, random })
    // what no owner could open is shown as it is
    if (next._tag === 'Right') return E.right({ ...seen, ...next.right })
  }
  const at: TopicPartition = { topic: internalTopics.offsets, partition: 0 }
  const offsets = partitions.find(at)
  if (offsets._tag === 'Left') return offsets
  const groups = groupsIn(new InternalLog(at, offsets.right, clock), clock)
  const loaded = groups.load()
  if (loaded._tag === 'Left') return loaded
  return E.right({ ...seen, groups, foretold: [] })
}

const groupsIn = (log: InternalLog, clock: Clock): GroupCoordinator =>
  new GroupCoordinator({ log, clock, settings: kafkaGroupSettings, rebalancing: () => {} })

/** Names what is there now: the owner, the catalog, and how far every partition has come. */
export const markOf = ({ storage, isOwned: ask }: SeenDirectory): E.Either<EngineFailure, Mark> => {
  try {
    const isOwned = ask()
    const catalog = Catalog.load(storage)
    if (catalog._tag === 'Left') return catalog
    const { content } = catalog.right
    if (content.topics.length === 0) return E.left(nothingThere(storage))
    const files = content.topics.flatMap((topic) => partitionsOf(topic).map((at) => lastFile(storage, at)))
    return E.right({ isOwned, text: JSON.stringify([isOwned, readPid(storage), content, files]) })
  } catch (error) {
    return E.left(thrownFailure(storage.name, error))
  }
}

const lastFile = (storage: Storage, at: TopicPartition): readonly [number, number] => {
  const base = offsetsInNames(storage.list(partitionName(at)), 'log').at(-1)
  if (base === undefined) return [-1, -1]
  const file = storage.open(`${partitionName(at)}/${fileName(base, 'log')}`, 'read')
  try {
    return [base, file.size()]
  } finally {
    file.close()
  }
}

const nothingThere = ({ name }: Storage): EngineFailure =>
  engineFailure('foreign-directory', `${name} holds nothing of Millrace's to read: open it without readOnly first`)
