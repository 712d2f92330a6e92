import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import { partitionName } from '../../contracts/position.ts'
import type { Random } from '../../contracts/random.ts'
import type { Storage } from '../../contracts/storage.ts'
import type { TopicConfig } from '../../contracts/topic.ts'
import type { Durability } from '../../log/checkpoint-record.ts'
import { Logs } from '../../log/logs.ts'
import { internalTopics } from '../internal-topics.ts'
import { BatchStager } from './batch-stager.ts'
import { Catalog, type CatalogTopic } from './catalog.ts'
import { newTopic, partitionDefinitions, partitionsOf } from './catalog-topic.ts'
import { type Coordinators, openCoordinators } from './coordinators.ts'
import type { Lifetime } from './lifetime.ts'
import { startMaintenance } from './maintenance.ts'
import type { DirectoryLock } from './owner-lock.ts'
import { Partitions } from './partitions.ts'
import { ProducerIds } from './producer-ids.ts'
import { thrownFailure } from './thrown-failure.ts'
import { Wakeups } from './wakeups.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>

/** Only the last record of a key counts; a group of many members is one large record. */
const internalConfig: TopicConfig = {
  'cleanup.policy': 'compact',
  'segment.bytes': 100 * 1024 * 1024,
  'max.message.bytes': 64 * 1024 * 1024,
}

/** What a directory is opened with. */
export interface DirectoryOptions {
  /** For messages: `file:./data`, `memory:`. */
  readonly name: string
  readonly storage: Storage
  /** Keeps other owners out; none where nobody else can reach the storage. */
  readonly lock?: DirectoryLock
  /** What an acknowledgement survives: the loss of power, or only the end of the process. */
  readonly durability: Durability
  readonly clock: Clock
  readonly random: Random
  /** How large each of the two journal files becomes; 64 MiB where nothing is said. */
  readonly journalBytes?: number
}

/** A directory at work: its logs, its coordinators, and what keeps them going. */
export interface OpenDirectory extends Coordinators {
  readonly catalog: Catalog
  readonly logs: Logs
  readonly partitions: Partitions
  readonly wakeups: Wakeups
  readonly producerIds: ProducerIds
  readonly newStager: () => BatchStager
  /** Everything staged so far becomes durable and visible. */
  readonly commit: () => Answer<void>
  /** Ends everything in good order. */
  readonly release: () => Answer<void>
}

/** Takes the lock, reads the catalog, recovers the logs, and puts the coordinators to work. */
export const openDirectory = async (options: DirectoryOptions, lifetime: Lifetime): Answer<OpenDirectory> => {
  // before the lock, which leaves files of its own: what is not ours stays as it is
  const loaded = Catalog.load(options.storage)
  if (loaded._tag === 'Left' && loaded.left.code === 'foreign-directory') return loaded
  const lock = options.lock === undefined ? E.right(() => {}) : options.lock()
  if (lock._tag === 'Left') return lock
  const opened = await openLocked(options, lifetime, lock.right).catch((error: unknown) =>
    E.left(thrownFailure(options.name, error)),
  )
  if (opened._tag === 'Left') lock.right()
  return opened
}

const openLocked = async (options: DirectoryOptions, lifetime: Lifetime, unlock: () => void): Answer<OpenDirectory> => {
  const { storage, durability, clock, random, journalBytes } = options
  const catalog = await openCatalog(options)
  if (catalog._tag === 'Left') return catalog
  const wakeups = new Wakeups(clock, lifetime)
  const opened = await Logs.open({
    storage,
    durability,
    clock,
    ...(journalBytes === undefined ? {} : { journalBytes }),
    partitions: partitionDefinitions(catalog.right.content.topics),
    onApplied: (log) => wakeups.wake(log),
  })
  if (opened._tag === 'Left') return opened
  const logs = opened.right
  const partitions = new Partitions(catalog.right, logs)
  const producerIds = new ProducerIds(catalog.right)
  const commit = () => logs.commit()
  const newStager = () => new BatchStager(partitions, clock)
  const coordinators = await openCoordinators({
    lifetime,
    partitions,
    producerIds,
    newStager,
    clock,
    random,
    commit,
  })
  if (coordinators._tag === 'Left') {
    await logs.close()
    return coordinators
  }
  const { transactions, stop } = coordinators.right
  const endMaintenance = startMaintenance(clock, () => logs.maintain())

  const release = async (): Answer<void> => {
    lifetime.end()
    stop()
    try {
      await endMaintenance()
      transactions.abandon()
      const committed = await commit()
      const closed = await logs.close()
      return committed._tag === 'Left' ? committed : closed
    } catch (error) {
      return E.left(thrownFailure(options.name, error))
    } finally {
      unlock()
    }
  }
  return E.right({
    ...coordinators.right,
    catalog: catalog.right,
    logs,
    partitions,
    wakeups,
    producerIds,
    newStager,
    commit,
    release,
  })
}

/** The catalog, with the engine's own topics in it and without what a deletion has left behind. */
const openCatalog = async ({ storage, random }: DirectoryOptions): Answer<Catalog> => {
  storage.makeDirectory('')
  const loaded = Catalog.load(storage)
  if (loaded._tag === 'Left') return loaded
  const catalog = loaded.right
  const { topics, leaving } = catalog.content
  // a topic that has the name now, has the directory too
  const inUse = new Set(topics.flatMap((topic) => partitionsOf(topic).map(partitionName)))
  for (const name of leaving.flatMap((topic) => partitionsOf(topic).map(partitionName)))
    if (!inUse.has(name)) storage.remove(name)
  const missing = Object.values(internalTopics).filter((name) => !topics.some((topic) => topic.name === name))
  const made = missing.map(
    (name): CatalogTopic => newTopic({ name, partitions: 1, config: internalConfig }, random, true),
  )
  if (made.length === 0 && leaving.length === 0) return E.right(catalog)
  const saved = await catalog.save((content) => ({ ...content, topics: [...content.topics, ...made], leaving: [] }))
  return saved._tag === 'Left' ? saved : E.right(catalog)
}
