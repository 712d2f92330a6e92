import * as E from 'fp-ts/lib/Either.js'
import type { Call, Engine } from '../../contracts/engine.ts'
import type { StateDirectory } from '../../contracts/storage.ts'
import { storageWithin } from '../../log/storage-within.ts'
import { allFeatures } from '../features.ts'
import { partitionsOf } from './catalog-topic.ts'
import { embeddedGroups } from './groups.ts'
import { Lifetime } from './lifetime.ts'
import { type DirectoryOptions, openDirectory } from './open-directory.ts'
import { plainProducer } from './plain-producer.ts'
import { embeddedReader } from './reader.ts'
import { embeddedTopics } from './topics.ts'

/** What {@link openEmbedded} takes. */
export interface EmbeddedOptions extends DirectoryOptions {
  /** False for a storage that is gone with the process. */
  readonly persistent: boolean
  /** Where the storage is, for stores that open files by themselves; none where it is no directory of the file system. */
  readonly path?: string
}

/** Within the storage: where pipelines keep copies of their state. */
const stateDirectory = 'state'

/**
 * Opens the embedded engine: Kafka's own log and coordinators in this process, on `storage`.
 *
 * **Guarantees** an answered append, commit or committed offset survives what `durability` names. Whoever used the
 * directory before is known to be dead: their members have left their groups, their open transactions are aborted and
 * their decided ones complete before this answers.
 *
 * **Errors** `already-owned`, `foreign-directory`, `newer-version`, `corrupt-log`, and those of the storage.
 */
export const openEmbedded =
  (options: EmbeddedOptions): Call<Engine> =>
  async () => {
    const lifetime = new Lifetime(options.name)
    const opened = await openDirectory(options, lifetime)
    if (opened._tag === 'Left') return opened
    const { catalog, logs, partitions, wakeups, producerIds, commit } = opened.right
    const { transactions, groups, memberships, newStager, release } = opened.right

    return E.right({
      name: options.name,
      features: allFeatures(options.persistent || 'it lives in the memory of this process'),
      topics: embeddedTopics({
        lifetime,
        catalog,
        logs,
        partitions,
        random: options.random,
        commit,
        changed: (topic) => {
          for (const at of partitionsOf(topic)) wakeups.wake(at)
          groups.forgetTopics((name) => partitions.topic(name)._tag === 'Left')
          memberships.topicChanged(topic.name)
        },
      }),
      reader: embeddedReader({ lifetime, partitions, wakeups }),
      groups: embeddedGroups({
        lifetime,
        coordinator: groups,
        partitions,
        join: (wanted) => memberships.join(wanted),
        commit,
      }),
      producer: () =>
        lifetime.call(async () => {
          const producerId = await producerIds.take()
          if (producerId._tag === 'Left') return producerId
          return E.right(plainProducer({ producerId: producerId.right, stager: newStager(), engine: lifetime, commit }))
        }),
      transactions: (wanted) => lifetime.call(() => transactions.take(wanted)),
      ...(options.persistent ? { state: stateIn(options) } : {}),
      close: () => async () => (lifetime.ended === undefined ? release() : E.right(undefined)),
    })
  }

const stateIn = ({ storage, path }: EmbeddedOptions): StateDirectory => ({
  storage: storageWithin(storage, stateDirectory),
  ...(path === undefined ? {} : { path: `${path}/${stateDirectory}` }),
})
