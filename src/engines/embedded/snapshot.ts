import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import type { Storage } from '../../contracts/storage.ts'
import { fileName, offsetsInNames } from '../../log/file-names.ts'
import { Logs } from '../../log/logs.ts'
import { kafkaGroupSettings } from '../../protocol/broker/group-state.ts'
import { Catalog } from './catalog.ts'
import { partitionDefinitions, partitionsOf } from './catalog-topic.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { InternalLog } from './internal-log.ts'
import { type OverlayStorage, overlayStorage } from './overlay-storage.ts'
import { internalTopics, Partitions } from './partitions.ts'
import { thrownFailure } from './thrown-failure.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>

/** The owner may be in the midst of something: a moment later the directory is whole again. */
const attemptsMax = 5
const attemptMs = 50

/** A directory as it was when somebody looked. */
export interface Snapshot {
  readonly catalog: Catalog
  readonly partitions: Partitions
  readonly groups: GroupCoordinator
  /** Another one as soon as there is more to see. */
  readonly mark: string
  readonly close: () => void
}

/**
 * Looks at a directory that somebody else may be writing to: recovers it, in memory, as its next owner would.
 *
 * **Errors** as for opening it; nothing is ever written there.
 */
export const takeSnapshot = async (storage: Storage, clock: Clock): Answer<Snapshot> => {
  for (let attempt = 1; ; attempt++) {
    const overlay = overlayStorage(storage)
    const taken = await recoverInMemory(storage, overlay, clock).catch((error: unknown) =>
      E.left(thrownFailure(storage.name, error)),
    )
    if (taken._tag === 'Right') return taken
    overlay.close()
    const mayPass = taken.left.code === 'corrupt-log' || taken.left.code === 'storage-failed'
    if (!mayPass || attempt === attemptsMax) return taken
    await new Promise<void>((next) => clock.after(attemptMs, next, true))
  }
}

const recoverInMemory = async (storage: Storage, overlay: OverlayStorage, clock: Clock): Answer<Snapshot> => {
  const mark = markOf(storage)
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
  const partitions = new Partitions(catalog.right, opened.right)
  const at: TopicPartition = { topic: internalTopics.offsets, partition: 0 }
  const offsets = partitions.find(at)
  if (offsets._tag === 'Left') return offsets
  const groups = groupsIn(new InternalLog(at, offsets.right, clock), clock)
  const loaded = groups.load()
  if (loaded._tag === 'Left') return loaded
  return E.right({ catalog: catalog.right, partitions, groups, mark: mark.right, close: overlay.close })
}

const groupsIn = (log: InternalLog, clock: Clock): GroupCoordinator =>
  new GroupCoordinator({ log, clock, settings: kafkaGroupSettings, rebalancing: () => {} })

/** Names what is there now: the catalog, and how far every partition has come. */
export const markOf = (storage: Storage): E.Either<EngineFailure, string> => {
  try {
    const catalog = Catalog.load(storage)
    if (catalog._tag === 'Left') return catalog
    const { topics } = catalog.right.content
    if (topics.length === 0) return E.left(nothingThere(storage))
    return E.right(
      JSON.stringify([topics, topics.flatMap((topic) => partitionsOf(topic).map((at) => lastFile(storage, at)))]),
    )
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
