import * as E from 'fp-ts/lib/Either.js'
import type { Call, Engine, EngineFeatures } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { embeddedGroups } from './groups.ts'
import { Lifetime } from './lifetime.ts'
import { embeddedReader } from './reader.ts'
import { type SeenDirectory, takeSnapshot } from './snapshot.ts'
import { describeTopics } from './topics.ts'
import { View, watch } from './view.ts'
import { Wakeups } from './wakeups.ts'

export interface ReadOnlyOptions extends SeenDirectory {
  /** For messages: the URL. */
  readonly name: string
}

const reason = 'the directory is opened read-only'
const features: EngineFeatures = {
  persistence: true,
  transactions: reason,
  groups: reason,
  'static-members': reason,
  'delete-records': reason,
  grow: reason,
  'topic-configs': reason,
}

/**
 * Opens a directory without owning it: reads what its owner has written, also while it goes on writing, and writes
 * nothing itself. Where nobody owns it, it is seen as the next owner will: members are gone, transactions have ended.
 *
 * **Guarantees** what is read was written by an owner, in order, and committed where that is asked for. It may lag
 * behind the owner: each call looks whether there is more, and a waiting one looks now and then, so that it also notices
 * that the owner is gone.
 *
 * **Errors** every call that would write answers `read-only`.
 */
export const openReadOnly =
  ({ name, ...directory }: ReadOnlyOptions): Call<Engine> =>
  async () => {
    const { clock } = directory
    const first = await takeSnapshot(directory)
    if (first._tag === 'Left') return first
    const lifetime = new Lifetime(name)
    const wakeups = new Wakeups(clock, lifetime)
    const view = new View(directory, first.right)
    lifetime.onEnd(() => view.close())
    watch({ view, wakeups, lifetime, clock })

    const refusal: E.Either<EngineFailure, never> = E.left(readOnly(name))
    const refused = (): Call<never> => lifetime.call(async () => refusal)
    /** Looks first, then asks. */
    const fresh = <A>(call: () => Call<A>): Call<A> =>
      lifetime.call(async () => {
        const looked = await view.look()
        return looked._tag === 'Left' ? looked : call()()
      })
    const reader = embeddedReader({ lifetime, partitions: { find: (at) => view.now.partitions.find(at) }, wakeups })
    const groups = () =>
      embeddedGroups({
        lifetime,
        coordinator: view.now.groups,
        partitions: view.now.partitions,
        join: async () => refusal,
        commit: async () => E.right(undefined),
      })
    return E.right({
      name,
      features,
      topics: {
        create: refused,
        describe: (names) =>
          fresh(() => lifetime.call(async () => E.right(describeTopics(view.now.catalog.content, names)))),
        grow: refused,
        configure: refused,
        delete: refused,
        deleteRecords: refused,
      },
      reader: {
        fetch: (request) => fresh(() => reader.fetch(request)),
        offsets: (queries, isolation) => fresh(() => reader.offsets(queries, isolation)),
        settled: (partitions, signal) => fresh(() => reader.settled(partitions, signal)),
      },
      groups: {
        join: refused,
        commit: refused,
        committed: (group, partitions) => fresh(() => groups().committed(group, partitions)),
        describe: (names) => fresh(() => groups().describe(names)),
        delete: refused,
      },
      producer: refused,
      transactions: refused,
      close: () => async () => {
        lifetime.end()
        return E.right(undefined)
      },
    })
  }

const readOnly = (name: string): EngineFailure =>
  engineFailure('read-only', `${name} is opened read-only: open it without readOnly, where its owner is gone`)
